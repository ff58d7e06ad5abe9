/** Things that happen in the fleet while a run goes on: it breaks, and other people and programs work on it. */
import { FENCE_TAINT } from '../../executor/marks.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import { nextRunState } from '../../executor/record/run-states.ts';
import type { SwitchoverLie } from '../../simulations/world/faults.ts';
import { isTroubled, runId, type Stage, tell } from './stage.ts';
import type { MishapKind } from './troubles.ts';

const lies: readonly SwitchoverLie[] = [
  'unknown-but-done',
  'unknown-not-done',
  'no-answer-but-done',
  'other-target',
  'failed',
];

/** Entries of a journal that most runs reach. */
const entriesOfMost = 120;

/** Plans the mishaps of a run for moments before it heals, and the end of them all. */
export function planMishaps(stage: Stage): void {
  const { time, troubles, random } = stage;
  const chance = random.fork('mishaps');
  for (let index = 0; index < troubles.mishaps; index += 1) {
    const kind = troubles.kinds[chance.between(0, troubles.kinds.length - 1)];
    if (kind === undefined) continue;
    const draw = chance.fork(`${index}`).next;
    const strike = (): void => {
      const what = isTroubled(stage) ? happen(stage, kind, draw) : undefined;
      if (what === undefined) return;
      stage.happened.add(kind);
      tell(stage, () => `MISHAP ${kind}: ${what}`);
    };
    // Most of a run is waiting: what happens around an act shows more.
    if (chance.next() < 0.7) stage.onEntry.set(chance.between(2, entriesOfMost), strike);
    else time.at(Math.floor(troubles.healAfterMs * chance.next()), strike);
  }
  time.at(troubles.healAfterMs, () => heal(stage));
}

/** What can be mended is mended; the dead stay dead. */
function heal({ world }: Stage): void {
  const { faults } = world;
  for (const frozen of [...faults.frozenReplicas]) {
    const [namespace = '', name = ''] = frozen.split('/');
    world.freezeReplica(namespace, name, false);
  }
  faults.neverStream.clear();
  faults.nodesNeverCome.clear();
  faults.nodesComeIn.clear();
  faults.volumeAttachSeconds = undefined;
  faults.volumeDetachSeconds = undefined;
  faults.switchoverLies.clear();
  for (const cluster of world.clusters.values()) delete cluster.config.pause;
  const dead = [...world.deadNodes].flatMap((node) => [...world.pods.onNode(node)]);
  const deadPods = new Set(dead.map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`));
  for (const silent of [...faults.silentPatroni])
    if (!deadPods.has(silent)) faults.silentPatroni.delete(silent);
}

/** Lets it happen, and says what; undefined: it cannot happen here. */
function happen(stage: Stage, kind: MishapKind, draw: () => number): string | undefined {
  const { world } = stage;
  const { faults } = world;
  const one = <Each>(all: readonly Each[]): Each | undefined => all[Math.floor(draw() * all.length)];
  const cluster = one([...world.clusters.values()]);
  const replica = one([...(cluster?.members.values() ?? [])].filter(({ name }) => name !== cluster?.leader));
  const member = one([...(cluster?.members.values() ?? [])]);
  const node = one(world.store.list('Node'))?.metadata.name;
  const zone = one([...new Set(world.store.list('Node').map((each) => zoneOf(each)))]);
  switch (kind) {
    case 'failover':
      if (cluster === undefined || replica === undefined || cluster.switchover !== undefined)
        return undefined;
      if (replica.state !== 'running' || cluster.leader === undefined) return undefined;
      world.failOver(cluster.key, replica.name);
      return replica.name;
    case 'replica-freezes':
      if (replica === undefined) return undefined;
      world.freezeReplica(replica.namespace, replica.name, true);
      return replica.name;
    case 'replica-never-streams':
      if (replica === undefined) return undefined;
      faults.neverStream.add(`${replica.namespace}/${replica.name}`);
      return replica.name;
    case 'patroni-silent':
      if (member === undefined) return undefined;
      faults.silentPatroni.add(`${member.namespace}/${member.name}`);
      return member.name;
    case 'node-dies':
      if (node === undefined) return undefined;
      world.crashNode(node);
      return node;
    case 'no-node-comes':
      faults.nodesNeverCome.add('*');
      return 'anywhere';
    case 'node-in-wrong-zone':
      if (zone === undefined) return undefined;
      faults.nodesComeIn.set(zone, zone === 'z1' ? 'z2' : 'z1');
      return zone;
    case 'volumes-slow':
      faults.volumeAttachSeconds = 30 + 600 * draw();
      faults.volumeDetachSeconds = 30 + 600 * draw();
      return 'all';
    case 'switchover-lies': {
      const lie = one(lies);
      if (cluster === undefined || lie === undefined) return undefined;
      faults.switchoverLies.set(cluster.key, [lie]);
      return `${cluster.key} ${lie}`;
    }
    default:
      return interfere(stage, kind, draw);
  }
}

function interfere(stage: Stage, kind: MishapKind, draw: () => number): string | undefined {
  const { world } = stage;
  const nodes = world.store.list('Node');
  const pods = world.store.list('Pod');
  const node = nodes[Math.floor(draw() * nodes.length)]?.metadata.name;
  const pod = pods[Math.floor(draw() * pods.length)];
  switch (kind) {
    case 'operator-reacts-to-cordon':
      reactToCordons(stage, draw);
      return 'from now on';
    case 'somebody-uncordons':
    case 'somebody-cordons':
      if (node === undefined) return undefined;
      world.store.update('Node', undefined, node, (draft) => {
        if (kind === 'somebody-cordons') draft.spec.unschedulable = true;
        else delete draft.spec.unschedulable;
      });
      if (kind === 'somebody-uncordons') stage.opened.set(node, world.nowMs());
      return node;
    case 'somebody-unfences':
      if (node === undefined) return undefined;
      world.store.update('Node', undefined, node, (draft) => {
        const taints: readonly { readonly key: string }[] = draft.spec.taints ?? [];
        draft.spec.taints = taints.filter(({ key }) => key !== FENCE_TAINT);
      });
      stage.opened.set(node, world.nowMs());
      return node;
    case 'somebody-pauses-cluster': {
      const clusters = [...world.clusters.values()];
      const cluster = clusters[Math.floor(draw() * clusters.length)];
      if (cluster === undefined) return undefined;
      cluster.config.pause = true;
      return cluster.key;
    }
    case 'somebody-takes-lease':
      takeLease(stage, stage.time.nowMs() + 60_000 + 300_000 * draw());
      return 'as soon as it is free';
    case 'somebody-evicts':
      if (pod === undefined) return undefined;
      world.evict(pod.metadata.namespace ?? '', pod.metadata.name, {});
      return pod.metadata.name;
    case 'pause-and-resume':
      void say(stage, { kind: 'pause-asked' });
      stage.time.at(60_000 * draw(), () => void say(stage, { kind: 'resumed' }));
      return 'asked';
    case 'abort':
      void say(stage, { kind: 'abort-asked' });
      return 'asked';
    default:
      return undefined;
  }
}

/** Another run that wants the fleet, and keeps it once it has it. */
function takeLease(stage: Stage, untilMs: number): void {
  const { time, ports } = stage;
  const holder = 'run-0';
  void ports.kubernetes.holdLease({ holder, durationSeconds: 30 });
  if (time.nowMs() < untilMs) time.at(10_000, () => takeLease(stage, untilMs));
  else void ports.kubernetes.dropLease({ holder });
}

/** As Zalando's operator does: a primary on a node that was cordoned is switched over, to whichever replica. */
function reactToCordons({ world }: Stage, draw: () => number): void {
  world.store.onEvent(({ type, object }) => {
    if (type !== 'MODIFIED' || object.kind !== 'Node' || object.spec?.unschedulable !== true) return;
    for (const cluster of world.clusters.values()) {
      const leader = world.store.get('Pod', cluster.namespace, cluster.leader ?? '');
      if (leader?.spec?.nodeName !== object.metadata.name) continue;
      const others = [...cluster.members.values()].filter(
        ({ name, state }) => name !== cluster.leader && state === 'running',
      );
      const to = others[Math.floor(draw() * others.length)];
      if (to !== undefined && cluster.switchover === undefined)
        world.clock.after(2_000, () => world.failOver(cluster.key, to.name));
    }
  });
}

/** Says something in lane `run` as a person would; what is not legal now is not said. */
export async function say(stage: Stage, event: JournalEntry['event']): Promise<void> {
  const entries = stage.journal.runs.get(runId) ?? [];
  const fold = foldRun(stage.plan, runId, entries);
  if (nextRunState(fold.state, event) === undefined) return;
  const after = fold.lastOfRunLane;
  const atMs = stage.time.nowMs();
  const said = await stage.journal.append(runId, { lane: 'run', after, by: 'anna', atMs, event });
  tell(stage, () => `anna ${event.kind} ${said.kind}`);
  stage.onSaid();
}

function zoneOf(node: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }): string {
  return node.metadata.labels?.['topology.kubernetes.io/zone'] ?? '';
}
