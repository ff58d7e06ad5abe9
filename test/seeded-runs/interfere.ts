/** What other people and programs do in the fleet while a run goes on. */
import { CORDON_MARK, FENCE_TAINT } from '../../executor/marks.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import { foldRun } from '../../executor/record/fold-run.ts';
import type { RunFold } from '../../executor/record/run-fold.ts';
import { nextRunState } from '../../executor/record/run-states.ts';
import type { StoredObject } from '../../simulations/world/object-store.ts';
import type { Aim } from './aim.ts';
import { strikeAfter } from './moments.ts';
import { entriesOf, type Stage, tell } from './stage.ts';
import type { MishapKind } from './troubles.ts';

/** Another run, of which nothing is known here. */
const otherRun = 'run-0';
/** Who looks after the run. */
export const person = 'anna';

const placedPrefix = 'placed-by-hand-';

/** Lets somebody do it, and says what; undefined: it cannot happen here. */
export function interfere(stage: Stage, kind: MishapKind, aim: Aim, draw: () => number): string | undefined {
  const { world, time } = stage;
  const { cluster, replica } = aim;
  switch (kind) {
    case 'somebody-pauses-cluster':
      if (cluster === undefined) return undefined;
      cluster.config.pause = true;
      return cluster.key;
    case 'somebody-tags-nofailover':
      if (replica === undefined) return undefined;
      replica.tags = { ...replica.tags, nofailover: true };
      stage.tagged.add(replica.name);
      return replica.name;
    case 'somebody-evicts': {
      const any = aim.one(world.store.list('Pod'))?.metadata;
      const { namespace = '', name } = draw() < 0.5 ? (replica ?? any ?? {}) : (any ?? {});
      if (name === undefined) return undefined;
      world.evict(namespace, name, {});
      return name;
    }
    case 'somebody-takes-lease':
      takeLease(stage, draw() < 0.5, time.nowMs() + 60_000 + 300_000 * draw());
      return 'and keeps it for a while';
    case 'operator-reacts-to-cordon':
      reactToCordons(stage, draw);
      return 'from now on';
    case 'pause-and-resume':
      void say(stage, { kind: 'pause-asked' });
      time.at(60_000 * draw(), () => void say(stage, { kind: 'resumed' }));
      return 'asked';
    case 'abort':
      giveUp(stage);
      return 'asked';
    default:
      return aim.node === undefined ? undefined : changeNode(stage, kind, aim.node, draw);
  }
}

function changeNode(stage: Stage, kind: MishapKind, node: string, draw: () => number): string | undefined {
  const { world, time } = stage;
  const change = (apply: (draft: StoredObject) => void): string => {
    world.store.update('Node', undefined, node, apply);
    return node;
  };
  switch (kind) {
    case 'somebody-cordons':
      return change((draft) => {
        draft.spec.unschedulable = true;
      });
    case 'somebody-uncordons':
      stage.opened.set(node, world.nowMs());
      return change((draft) => {
        delete draft.spec.unschedulable;
      });
    case 'somebody-unfences':
      stage.opened.set(node, world.nowMs());
      return change((draft) => takeOffFence(draft, () => true));
    case 'another-run-marks':
      // Somebody may notice that there are two, and give this one up.
      if (draw() < 0.3) time.at(60_000 * draw(), () => giveUp(stage));
      return change(draw() < 0.5 ? fenceForAnother : cordonForAnother);
    case 'somebody-places-pod':
      placePod(stage, node);
      return node;
    default:
      return undefined;
  }
}

/** Somebody wants no more of the run. */
export function giveUp(stage: Stage): void {
  stage.happened.add('abort');
  void say(stage, { kind: 'abort-asked' });
}

function fenceForAnother(draft: StoredObject): void {
  takeOffFence(draft, () => true);
  const fence = { key: FENCE_TAINT, value: otherRun, effect: 'NoSchedule' };
  draft.spec.taints = [...(draft.spec.taints ?? []), fence];
}

function cordonForAnother(draft: StoredObject): void {
  draft.spec.unschedulable = true;
  draft.metadata.annotations = { ...draft.metadata.annotations, [CORDON_MARK]: otherRun };
}

/** What people did for a while is over. */
export function endInterference({ world, tagged }: Stage): void {
  for (const cluster of world.clusters.values()) {
    delete cluster.config.pause;
    for (const member of cluster.members.values()) {
      if (!tagged.has(member.name)) continue;
      const { nofailover: _, ...others } = member.tags;
      member.tags = others;
    }
  }
  for (const { metadata } of world.store.list('Pod'))
    if (metadata.name.startsWith(placedPrefix)) world.deletePod(metadata.namespace ?? '', metadata.name);
  for (const { metadata } of world.store.list('Node'))
    world.store.update('Node', undefined, metadata.name, (draft) => {
      takeOffFence(draft, (run) => run === otherRun);
      if (draft.metadata.annotations?.[CORDON_MARK] !== otherRun) return;
      delete draft.metadata.annotations[CORDON_MARK];
      delete draft.spec.unschedulable;
    });
}

function takeOffFence(draft: StoredObject, isTaken: (run: string | undefined) => boolean): void {
  const taints: readonly { readonly key: string; readonly value?: string }[] = draft.spec?.taints ?? [];
  const kept = taints.filter(({ key, value }) => key !== FENCE_TAINT || !isTaken(value));
  if (kept.length < taints.length) draft.spec.taints = kept;
}

/** A pod with a node of its own choice asks no scheduler: neither fence nor cordon keeps it away. */
function placePod({ world }: Stage, node: string): void {
  world.store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${placedPrefix}${world.nowMs()}`, namespace: 'default', labels: {} },
    spec: {
      nodeName: node,
      containers: [{ name: 'main', image: 'busybox', resources: { requests: { cpu: '1m' } } }],
    },
    status: { phase: 'Pending' },
  });
}

/** Another run that wants the fleet, or an administrator who gives it away: who has it keeps it for a while. */
function takeLease(stage: Stage, byForce: boolean, untilMs: number): void {
  const { time, ports, world } = stage;
  if (byForce)
    world.store.update('Lease', 'default', 'switchyard', (draft) => {
      draft.spec = { ...draft.spec, holderIdentity: '' };
    });
  void ports.kubernetes.holdLease({ holder: otherRun, durationSeconds: 30 });
  if (time.nowMs() < untilMs) time.at(10_000, () => takeLease(stage, false, untilMs));
  else void ports.kubernetes.dropLease({ holder: otherRun });
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
  await write(stage, person, foldNow(stage), event);
}

/** What the journal says now. */
export function foldNow(stage: Stage): RunFold {
  return foldRun(stage.firstPlan, stage.runId, entriesOf(stage), stage.plans);
}

/** Writes what `by` says onto the journal as it was when it was read, if it is legal then; returns false where the journal has moved on. */
export async function write(
  stage: Stage,
  by: string,
  { state, lastOfRunLane: after, lastEntry: knowing }: RunFold,
  event: JournalEntry['event'],
): Promise<boolean> {
  if (nextRunState(state, event) === undefined) return true;
  const atMs = stage.time.nowMs();
  const said = await stage.journal.append(stage.runId, { lane: 'run', after, by, atMs, event, knowing });
  tell(stage, () => `${by} ${event.kind} ${said.kind}`);
  if (said.kind === 'appended') strikeAfter(stage, 'run', event);
  stage.onSaid();
  return said.kind === 'appended';
}
