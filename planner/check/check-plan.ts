/**
 * Walks any plan from scratch against a fleet, without trusting the planner that made it: nothing here shares code with the
 * files that build plans, the hash of a fleet excepted, and nothing is cleverer than it must be. The plan is right if this list comes out empty.
 */

import { hashFleet } from '../hash/hash-fleet.ts';
import type { Fleet } from '../model.ts';
import type { DrainPlan, Violation } from '../plan.ts';
import { countBounds } from './check-bounds.ts';
import { numberFleet } from './check-numbered-fleet.ts';
import { checkOrder } from './check-order.ts';
import { walkPlainMove } from './check-plain-moves.ts';
import { walkPlainSwitchover } from './check-plain-switchovers.ts';
import { readCheckedRequest } from './check-request.ts';
import { startWalk } from './check-start.ts';
import { nodeNamed, violate, type Walk } from './check-state.ts';
import { kindNumbers } from './check-step-list.ts';
import { walkStep } from './check-steps.ts';
import { checkTotals } from './check-totals.ts';
import { checkWaves } from './check-waves.ts';

/**
 * Every rule of the contract that `plan` breaks on `fleet`: the document itself, each step in list order, all other orders
 * that `after` allows, what is left at the end, and the numbers the plan gives for itself. Empty: a right plan. It never
 * throws on a plan of the right shape, however wrong its references are.
 */
export function checkPlan(plan: DrainPlan, fleet: Fleet): readonly Violation[] {
  const numbered = numberFleet(fleet);
  const request = readCheckedRequest(plan.request, fleet, numbered);
  if (typeof request === 'string') return [{ code: 'request-unusable', step: null, facts: { why: request } }];
  const walk = startWalk(plan, fleet, numbered, request);
  checkDocument(walk);
  // Bounds hold for the fleet as it stands before the first step.
  const bounds = countBounds(walk);
  for (let place = 0; place < plan.steps.length; place += 1) {
    const step = plan.steps[place];
    if (step !== undefined && !walkPlainly(walk, place)) walkStep(walk, step, place);
  }
  checkEnd(walk);
  checkWaves(walk);
  checkOrder(walk);
  checkTotals(walk, bounds);
  return walk.violations;
}

/** Makes a step that numbers alone show to be right; false, and nothing has changed, where somebody has to look closer. */
function walkPlainly(walk: Walk, place: number): boolean {
  const kind = walk.steps.kinds[place];
  if (kind === kindNumbers.move) return walkPlainMove(walk, place);
  return kind === kindNumbers.switchover && walkPlainSwitchover(walk, place);
}

function checkDocument(walk: Walk): void {
  const { plan, fleet, steps } = walk;
  if (plan.apiVersion !== 'switchyard.dev/v1' || plan.kind !== 'DrainPlan' || plan.id === '')
    violate(walk, 'header-wrong', null, { apiVersion: plan.apiVersion, kind: plan.kind, id: plan.id });
  const hash = hashFleet(fleet);
  if (plan.snapshot.hash !== hash)
    violate(walk, 'snapshot-differs', null, { said: plan.snapshot.hash, counted: hash });
  for (const place of steps.repeated) {
    const step = plan.steps[place];
    if (step) violate(walk, 'step-id-repeated', step, { id: step.id });
  }
  for (const { place, id } of steps.unknown)
    violate(walk, 'after-unknown', plan.steps[place] ?? null, { after: id });
  for (const place of steps.wrongEstimates) {
    const step = plan.steps[place];
    if (step) violate(walk, 'estimate-wrong', step, { said: String(step.estimateSeconds) });
  }
}

/** What must be so when the last step is done. */
function checkEnd(walk: Walk): void {
  for (const name of walk.request.drained) {
    const state = nodeNamed(walk, name);
    if (state === undefined) violate(walk, 'node-unknown', null, { node: name });
    else if (state.refused) {
      if (state.released) violate(walk, 'refused-and-released', null, { node: name });
    } else if (!state.released) violate(walk, 'drained-node-forgotten', null, { node: name });
  }
  for (const name of walk.refused)
    if (!walk.request.drained.has(name)) violate(walk, 'not-to-be-drained', null, { node: name });
  for (const { node, fenced, toBeEmptied } of walk.nodes)
    if (fenced && !toBeEmptied) violate(walk, 'fence-left', null, { node: node.name });
  for (const { number, cluster } of walk.clusters)
    if ((walk.scaledOut[number] ?? 0) > 0)
      violate(walk, 'temporary-member-left', null, { cluster: cluster.key });
}
