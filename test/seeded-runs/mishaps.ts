/** Things that break in the fleet while a run goes on, and the moment from which on nothing breaks any more. */
import type { Step } from '../../planner/plan.ts';
import type { SwitchoverLie } from '../../simulations/world/faults.ts';
import { type Aim, takeAim } from './aim.ts';
import { planAwayPipeline } from './away-pipeline.ts';
import { planClosedBudgets } from './close-budgets.ts';
import { planDeathsInAct } from './die-in-act.ts';
import { planOtherDrainer } from './drain-by-another.ts';
import { planForbiddenEvictions } from './forbid-evictions.ts';
import { endInterference, interfere } from './interfere.ts';
import { planHeavyLoads } from './load-heavily.ts';
import { planLostJournal } from './lose-journal.ts';
import { planMissedWindows } from './miss-windows.ts';
import { strikeOnce } from './moments.ts';
import { planScalings } from './scale-by-hand.ts';
import { planSlowStops } from './slow-stops.ts';
import { isTroubled, type Stage, tell } from './stage.ts';
import { planScheduledSwitchovers, planSwitchoversAtOnce, takeBackScheduled } from './switch-over-by-hand.ts';
import type { MishapKind } from './troubles.ts';
import { planVagueAnswers } from './vague-patroni.ts';

const lies: readonly SwitchoverLie[] = [
  'unknown-but-done',
  'unknown-but-late',
  'unknown-not-done',
  'no-answer-but-done',
  'other-target',
  'failed',
];

/** Plans the mishaps of a run for moments before it heals, and the end of them all. */
export function planMishaps(stage: Stage): void {
  const { time, troubles, random } = stage;
  const chance = random.fork('mishaps');
  for (let index = 0; index < troubles.mishaps; index += 1) {
    const kind = troubles.kinds[chance.between(0, troubles.kinds.length - 1)];
    if (kind === undefined) continue;
    const own = chance.fork(`${index}`);
    strikeOnce(stage, own.fork('moment'), (step) => strike(stage, kind, step, own.next));
  }
  time.at(troubles.healAfterMs, () => heal(stage));
  planClosedBudgets(stage, random.fork('closed budgets'));
  planScheduledSwitchovers(stage, random.fork('scheduled switchovers'));
  planLostJournal(stage, random.fork('lost journal'));
  planSwitchoversAtOnce(stage, random.fork('switchovers at once'));
  planOtherDrainer(stage, random.fork('another drainer'));
  planMissedWindows(stage, random.fork('missed windows'));
  planScalings(stage, random.fork('scalings'));
  planSlowStops(stage, random.fork('slow stops'));
  planVagueAnswers(stage, random.fork('vague answers'));
  planForbiddenEvictions(stage, random.fork('forbidden evictions'));
  planDeathsInAct(stage, random.fork('deaths in an act'));
  planAwayPipeline(stage, random.fork('away pipeline'));
  planHeavyLoads(stage, random.fork('heavy loads'));
}

function strike(stage: Stage, kind: MishapKind, step: Step | undefined, draw: () => number): void {
  if (!isTroubled(stage)) return;
  const aim = takeAim(stage, step, draw);
  const what = breakSomething(stage, kind, aim, draw) ?? interfere(stage, kind, aim, draw);
  if (what === undefined) return;
  stage.happened.add(kind);
  tell(stage, () => `MISHAP ${kind}: ${what}`);
}

/** What can be mended is mended; the dead stay dead. */
function heal(stage: Stage): void {
  const { world } = stage;
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
  faults.controllersAway = false;
  faults.switchoverLies.clear();
  faults.stopSeconds.clear();
  stage.vague.clear();
  stage.evictionsForbidden = false;
  stage.pipelineIsAway = false;
  const dead = [...world.deadNodes].flatMap((node) => [...world.pods.onNode(node)]);
  const deadPods = new Set(dead.map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`));
  for (const silent of [...faults.silentPatroni])
    if (!deadPods.has(silent)) faults.silentPatroni.delete(silent);
  endInterference(stage);
  takeBackScheduled(stage);
}

/** Lets it break, and says what; undefined: it cannot happen here, or it is somebody's doing. */
function breakSomething(stage: Stage, kind: MishapKind, aim: Aim, draw: () => number): string | undefined {
  const { world } = stage;
  const { faults } = world;
  const { cluster, leader, replica, bystander, node } = aim;
  const key = replica === undefined ? '' : `${replica.namespace}/${replica.name}`;
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
      stage.time.at(60_000 + 600_000 * draw(), () =>
        world.freezeReplica(replica.namespace, replica.name, false),
      );
      return key;
    case 'replica-never-streams':
      if (replica === undefined) return undefined;
      faults.neverStream.add(key);
      return key;
    case 'patroni-silent': {
      const member = draw() < 0.5 ? leader : replica;
      if (member === undefined) return undefined;
      faults.silentPatroni.add(`${member.namespace}/${member.name}`);
      return member.name;
    }
    case 'node-dies':
      if (node === undefined) return undefined;
      world.crashNode(node);
      return node;
    case 'pod-does-not-come-back':
      if (bystander === undefined) return undefined;
      faults.controllersAway = true;
      stage.time.at(30_000 + 300_000 * draw(), () => {
        faults.controllersAway = false;
      });
      world.evict(bystander.namespace, bystander.name, {});
      return bystander.name;
    case 'no-node-comes':
      faults.nodesNeverCome.add('*');
      return 'anywhere';
    case 'node-in-wrong-zone': {
      const zone = aim.one([...new Set(world.store.list('Node').map((each) => zoneOf(each)))]);
      if (zone === undefined) return undefined;
      faults.nodesComeIn.set(zone, zone === 'z1' ? 'z2' : 'z1');
      return zone;
    }
    case 'volumes-slow':
      faults.volumeAttachSeconds = 30 + 600 * draw();
      faults.volumeDetachSeconds = 30 + 600 * draw();
      return 'all';
    case 'switchover-lies': {
      const lie = aim.one(lies);
      if (cluster === undefined || lie === undefined) return undefined;
      faults.switchoverLies.set(cluster.key, [lie]);
      return `${cluster.key} ${lie}`;
    }
    default:
      return undefined;
  }
}

function zoneOf(node: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }): string {
  return node.metadata.labels?.['topology.kubernetes.io/zone'] ?? '';
}
