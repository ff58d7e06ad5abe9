/**
 * Walks any plan from scratch against a fleet, without trusting the planner that made it: nothing here shares code with the
 * files that build plans, and nothing is cleverer than it must be. The plan is right if this list comes out empty.
 */

import { hashFleet } from '../hash/hash-fleet.ts';
import type { Fleet } from '../model.ts';
import type { DrainPlan, Violation } from '../plan.ts';
import { checkOrder } from './check-order.ts';
import { readCheckedRequest } from './check-request.ts';
import { isToBeEmptied, startWalk, violate, type Walk } from './check-state.ts';
import { walkStep } from './check-steps.ts';
import { checkTotals } from './check-totals.ts';

/**
 * Every rule of the contract that `plan` breaks on `fleet`: the document itself, each step in list order, all other orders
 * that `after` allows, what is left at the end, and the numbers the plan gives for itself. Empty: a right plan. It never
 * throws on a plan of the right shape, however wrong its references are.
 */
export function checkPlan(plan: DrainPlan, fleet: Fleet): readonly Violation[] {
  const request = readCheckedRequest(plan.request, fleet);
  if (typeof request === 'string') return [{ code: 'request-unusable', step: null, facts: { why: request } }];
  const walk = startWalk(plan, fleet, request);
  checkDocument(walk);
  for (const step of plan.steps) walkStep(walk, step);
  checkEnd(walk);
  checkDrainsPerZone(walk);
  checkOrder(walk);
  checkTotals(walk);
  return walk.violations;
}

function checkDocument(walk: Walk): void {
  const { plan, fleet } = walk;
  if (plan.apiVersion !== 'switchyard.dev/v1' || plan.kind !== 'DrainPlan' || plan.id === '')
    violate(walk, 'header-wrong', null, { apiVersion: plan.apiVersion, kind: plan.kind, id: plan.id });
  const hash = hashFleet(fleet);
  if (plan.snapshot.hash !== hash)
    violate(walk, 'snapshot-differs', null, { said: plan.snapshot.hash, counted: hash });
  const waveOf = new Map<string, number>();
  for (const step of plan.steps) {
    if (waveOf.has(step.id)) violate(walk, 'step-id-repeated', step, { id: step.id });
    for (const id of step.after) {
      const wave = waveOf.get(id);
      if (wave === undefined) violate(walk, 'after-unknown', step, { after: id });
      else if (wave > step.wave)
        violate(walk, 'wave-out-of-order', step, { after: id, wave, own: step.wave });
    }
    if (!Number.isInteger(step.wave) || step.wave < 1)
      violate(walk, 'wave-out-of-order', step, { own: step.wave });
    if (!(step.estimateSeconds >= 0) || !Number.isFinite(step.estimateSeconds))
      violate(walk, 'estimate-wrong', step, { said: String(step.estimateSeconds) });
    waveOf.set(step.id, step.wave);
  }
}

/** What must be so when the last step is done. */
function checkEnd(walk: Walk): void {
  for (const name of walk.request.drained) {
    const state = walk.nodes.get(name);
    if (state === undefined) violate(walk, 'node-unknown', null, { node: name });
    else if (walk.refused.has(name)) {
      if (state.released) violate(walk, 'refused-and-released', null, { node: name });
    } else if (!state.released) violate(walk, 'drained-node-forgotten', null, { node: name });
  }
  for (const name of walk.refused)
    if (!walk.request.drained.has(name)) violate(walk, 'not-to-be-drained', null, { node: name });
  for (const [name, state] of walk.nodes)
    if (state.fenced && !isToBeEmptied(walk, name)) violate(walk, 'fence-left', null, { node: name });
  for (const [key, state] of walk.clusters)
    if (state.scaledOut > 0) violate(walk, 'temporary-member-left', null, { cluster: key });
}

/** Nodes of one zone that are emptied together are those released in one wave. */
function checkDrainsPerZone(walk: Walk): void {
  const released = new Map<string, number>();
  for (const step of walk.plan.steps) {
    if (step.kind !== 'release') continue;
    const zone = walk.nodes.get(step.node)?.node.zone ?? '';
    const key = `${step.wave} ${zone}`;
    const count = (released.get(key) ?? 0) + 1;
    released.set(key, count);
    if (count > walk.request.drainsPerZone)
      violate(walk, 'too-many-drains', step, {
        zone,
        wave: step.wave,
        count,
        most: walk.request.drainsPerZone,
      });
  }
}
