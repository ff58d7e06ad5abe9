import { expect, it } from 'vitest';
import { shareParts } from '../../executor/share-parts.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import { generateFleet } from '../../simulations/generate-fleet.ts';

/** As a worker gets it: parsed, each place with a copy of its own. */
function parsedPlan(): DrainPlan {
  const { list, request } = generateFleet({ seed: 1, nodes: 12 });
  const read = readSnapshot([{ file: 'fleet.json', document: list }]);
  if (read.kind !== 'fleet') throw new Error(JSON.stringify(read.problems));
  const answer = planDrain(read.fleet, request);
  if (answer.kind !== 'plan') throw new Error(JSON.stringify(answer.problems));
  return JSON.parse(JSON.stringify(answer.plan)) as DrainPlan;
}

it('shares equal parts of a plan and changes nothing that it says', () => {
  const text = JSON.stringify(parsedPlan());
  expect(JSON.stringify(shareParts(parsedPlan()))).toBe(text);
});

it('keeps reasons that are alike once, and others apart', () => {
  const { steps } = shareParts(parsedPlan());
  const byContent = new Map<string, Set<object>>();
  for (const { because } of steps) {
    const content = JSON.stringify(because);
    byContent.set(content, (byContent.get(content) ?? new Set()).add(because));
  }
  expect(byContent.size).toBeGreaterThan(1);
  expect(byContent.size).toBeLessThan(steps.length);
  expect([...byContent.values()].map(({ size }) => size)).toEqual([...byContent].map(() => 1));
});
