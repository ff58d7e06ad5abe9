/**
 * A second run of ours on the same fleet: somebody starts it while the first is under way, or once that has halted, was aborted or has finished.
 * It has workers of its own, and shares all else: the fleet, the Lease, the troubles, and what is known of acts that may still take place.
 */
import { presetsOf } from '../../executor/member-labels.ts';
import { readLiveFleet } from '../../executor/read-fleet.ts';
import { planDrain } from '../../planner/index.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import type { Random } from '../../simulations/world/random.ts';
import { giveUp } from './interfere.ts';
import { planSoFar } from './set-stage.ts';
import { entriesOf, isTroubled, type Stage, tell } from './stage.ts';

/** Most first runs have so many entries. */
const entriesMost = 40;
/** Somebody is quick after the first has ended, and no act of it has settled. */
const soonMs = 60_000;
const endings: ReadonlySet<string> = new Set(['halted', 'aborted', 'finished', 'rejected', 'expired']);

export type SecondRun = {
  /** It begins once the first has ended, if not before. */
  isComing: boolean;
};

/**
 * Calls `begin` once, at a moment that follows from `chance`, with the stage of the second run: in the midst of the first, over a switchover
 * that the first has left open, or once that has ended. Never where nothing is left to do then.
 */
export function planSecondRun(first: Stage, chance: Random, begin: (second: Stage) => void): SecondRun {
  const kind = chance.next();
  const delayMs = Math.ceil(soonMs * chance.next() ** 2);
  const own = chance.fork('its own');
  const second: SecondRun = { isComing: true };
  let isDue = false;
  const run = (): void => {
    if (isDue) return;
    isDue = true;
    first.time.at(delayMs, () => {
      void start(first, own, begin).finally(() => {
        second.isComing = false;
      });
    });
  };
  if (kind < 0.4) leaveOpen(first, chance.fork('left open'), run);
  else if (kind < 0.7) first.strikes.push({ left: chance.between(0, entriesMost), fits: () => true, run });
  first.strikes.push({ left: 0, fits: (event) => endings.has(event.kind), run });
  return second;
}

/**
 * The first run asks for a switchover, is told that nobody knows what comes of it, and is stopped over that by somebody, or by a failover
 * elsewhere: whoever begins now must not ask once more.
 */
function leaveOpen(first: Stage, chance: Random, then: () => void): void {
  const { world, strikes } = first;
  const lies = ['unknown-but-late', 'unknown-not-done', 'unknown-but-done'] as const;
  const isAborted = chance.next() < 0.5;
  strikes.push({
    left: 0,
    fits: (event) => event.kind === 'act' && event.act.kind === 'switchover',
    run: (step) => {
      if (step?.kind !== 'switchover' || !isTroubled(first)) return;
      const lie = lies[chance.between(0, lies.length - 1)] ?? 'unknown-but-late';
      world.faults.switchoverLies.set(step.cluster, [lie]);
      first.happened.add('switchover-lies');
      strikes.push({
        left: 0,
        fits: (event) => event.kind === 'answer' && event.act === 'switchover',
        run: () => {
          tell(first, () => `MISHAP the switchover of ${step.cluster} is left open`);
          if (isAborted) giveUp(first);
          else failOverElsewhere(first, step.cluster);
          then();
        },
      });
    },
  });
}

function failOverElsewhere({ world, happened }: Stage, cluster: string): void {
  for (const other of world.clusters.values()) {
    if (other.key === cluster || other.switchover !== undefined || other.leader === undefined) continue;
    const to = [...other.members.values()].find(
      ({ name, state }) => name !== other.leader && state === 'running',
    );
    if (to === undefined) continue;
    happened.add('failover');
    world.failOver(other.key, to.name);
    return;
  }
}

async function start(first: Stage, random: Random, begin: (second: Stage) => void): Promise<void> {
  const plan = await planNow(first);
  if (plan === undefined || plan.steps.length === 0) return;
  const second = secondOf(first, plan, random);
  await first.journal.append(second.runId, {
    lane: 'run',
    after: 0,
    by: 'bert',
    atMs: first.time.nowMs(),
    event: { kind: 'created', plan: plan.id, fleet: 'prod', requester: 'bert', needsApproval: false },
  });
  first.happened.add('second-run');
  tell(first, () => `bert starts ${second.runId}`);
  begin(second);
}

async function planNow({ ports, firstPlan }: Stage): Promise<DrainPlan | undefined> {
  const live = await readLiveFleet(ports.kubernetes, presetsOf({}));
  const planned = live.kind === 'fleet' ? planDrain(live.fleet, firstPlan.request) : undefined;
  return planned?.kind === 'plan' ? planned.plan : undefined;
}

/** All but what a run has for itself is the first stage's, also what changes there later. */
function secondOf(first: Stage, firstPlan: DrainPlan, random: Random): Stage {
  const plans = random.next() < 0.5 ? new Map<string, DrainPlan>() : undefined;
  const own = {
    runId: 'run-2',
    firstPlan,
    get plan(): DrainPlan {
      return planSoFar(firstPlan, plans, entriesOf(second));
    },
    plans,
    needsApproval: false,
    approvalMs: undefined,
    random,
    onSaid: () => {},
    replannedMs: 0,
    strikes: [],
    lost: [],
  };
  const second: Stage = Object.create(first, Object.getOwnPropertyDescriptors(own));
  return second;
}
