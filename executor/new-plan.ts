/**
 * The plan by which a run goes on, or begins, where the one it has does not hold any more, and the entry that names it.
 * Pure, but that memory is given back on the way.
 */
import type { Fleet } from '../planner/model.ts';
import type { DrainPlan, Facts } from '../planner/plan.ts';
import {
  isNoWorse,
  leftOfPlan,
  leftToDrain,
  needsOf,
  newlyInterrupted,
  nodeToSkip,
  repeatsItself,
} from './decide/judge-new-plan.ts';
import { leaderByJournal } from './decide/plan-questions.ts';
import { missingByZone } from './find-unrest.ts';
import type { RunEvent } from './journal.ts';
import { planRest, type RestOfPlan } from './plan-rest.ts';
import type { FleetOfRun } from './read-fleet.ts';
import { everyWave } from './record/fold-approval.ts';
import { broughtSoFar } from './record/fold-run.ts';
import type { RunFold } from './record/run-fold.ts';
import { hasBegun } from './record/run-states.ts';
import { countLive } from './rest-of-fleet.ts';

/** As many clusters are named in the journal. */
const namesMax = 20;

/** New plans in a row without a person's word. A run that needs more is not understood. */
export const replansMax = 5;

export type Replanned = Extract<RunEvent, { kind: 'replanned' }>;

export type NewPlan = { readonly kind: 'plan'; readonly plan: DrainPlan; readonly event: Replanned };

/** Returns a plan for the nodes that the run has not given back, made on the fleet as it was read, or in words why there is none. */
export function planAnew(
  fold: RunFold,
  { fleet, nodes }: FleetOfRun,
): NewPlan | Extract<RestOfPlan, { kind: 'none' }> {
  const skip = nodeToSkip(fold.because);
  const awaited = missingByZone(fold, nodes);
  const rest = planRest(
    {
      request: fold.request,
      drains: leftToDrain(fold).filter((name) => name !== skip),
      // Before the first act they are those that are there now.
      liveByZone: hasBegun(fold) ? fold.liveByZone : countLive(fleet),
      awaited,
      brought: broughtSoFar(fold),
      mayLeaveOut: skip !== undefined,
    },
    fleet,
  );
  if (rest.kind === 'none') {
    return rest;
  }
  const { plan, leftOut } = rest;
  if (repeatsItself(plan, fold)) {
    return { kind: 'none', why: 'it would wait for the same switchover again' };
  }
  const skipped = skip === undefined ? [] : [skip, ...leftOut];
  const leaders = leadersOf(plan, fleet, leadersBefore(fold));
  const left = leftOfPlan(fold, leaders);
  const needs = needsOf(plan);
  const newly = newlyInterrupted(plan, fold, leaders);
  const event: Replanned = {
    kind: 'replanned',
    plan: plan.id,
    needsApproval: !isNoWorse(needs, left, newly) || isFirstWaveToApprove(fold),
    nodeUids: nodes.map((node) => node.uid).toSorted(),
    leaders,
    ...setsOf(fleet, leaders),
    ...(skipped.length === 0 ? {} : { skipped }),
    ...(awaited.size === 0 ? {} : { awaited: Object.fromEntries(awaited) }),
    facts: {
      switchoversBefore: left.switchovers,
      switchovers: needs.switchovers,
      outagesBefore: left.outages,
      outages: needs.outages,
      ...namesOf('newSwitchovers', newly.switchovers),
      ...namesOf('newOutages', newly.outages),
    },
  };
  return { kind: 'plan', plan, event };
}

/** The first few, and how many there are; nothing where there is none. */
function namesOf(fact: string, names: readonly string[]): Facts {
  return names.length === 0 ? {} : { [fact]: names.slice(0, namesMax), [`${fact}Count`]: names.length };
}

/** Once it has begun, a run that is approved wave by wave asks when it comes to the first wave of its new plan. */
function isFirstWaveToApprove(fold: RunFold): boolean {
  return fold.approvedWave !== everyWave && !hasBegun(fold);
}

/**
 * Who led by the journal in the clusters that the run has had to do with, also in those that are done with: a failover there is still the run's to
 * tell. Undefined: a switchover or an outage of ours may end either way.
 */
function leadersBefore(fold: RunFold): LeadersBefore {
  return new Map([...fold.leadersAtStart.keys()].map((key) => [key, leaderByJournal(fold, key)]));
}

type LeadersBefore = ReadonlyMap<string, string | undefined>;

/**
 * Returns the primary of each cluster of the plan, and of those that the run has had to do with before it. Of the latter, who led before where
 * nobody leads just now, or two claim to: who leads once that is over is compared with it.
 */
export function leadersOf(
  plan: DrainPlan,
  fleet: Fleet,
  before: LeadersBefore = new Map(),
): Readonly<Record<string, string>> {
  const concerned = new Set(before.keys());
  for (const step of plan.steps) {
    if ('cluster' in step && step.cluster) {
      concerned.add(step.cluster);
    }
  }
  const leaders: Record<string, string> = {};
  for (const { key, primary } of fleet.clusters) {
    const leader = primary ?? before.get(key);
    if (leader !== undefined && concerned.has(key)) {
      leaders[key] = leader;
    }
  }
  return leaders;
}

/**
 * Returns the StatefulSets of those clusters that have several, one for each member with some operators. The pod of a member that is lost then
 * takes all trace of its set with it, and nobody would miss it.
 */
export function setsOf(
  { clusters }: Fleet,
  concerned: Readonly<Record<string, string>>,
): { readonly sets?: Readonly<Record<string, readonly string[]>> } {
  const sets: Record<string, readonly string[]> = {};
  for (const { key, members } of clusters) {
    const names = concerned[key] === undefined ? [] : members.map(({ name }) => name);
    const found = new Set(names.map((name) => name.slice(0, name.lastIndexOf('-'))));
    if (found.size > 1) {
      sets[key] = [...found].toSorted();
    }
  }
  return Object.keys(sets).length === 0 ? {} : { sets };
}
