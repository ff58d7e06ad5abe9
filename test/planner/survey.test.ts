import { expect, it } from 'vitest';
import { planDrain } from '../../planner/plan-drain.ts';
import { resolveRequest } from '../../planner/read/resolve-request.ts';
import { podsOf } from '../../planner/survey/label-index.ts';
import { surveyFleet } from '../../planner/survey/survey.ts';
import { generateModel } from '../../simulations/fleets/generate-model.ts';

const { fleet, request } = generateModel({ seed: 7, nodes: 12, utilisation: 0.9 });

it('pods that share no object are planned for like pods that share all they can', () => {
  const apart = JSON.parse(JSON.stringify(fleet));
  expect(planDrain(apart, request)).toEqual(planDrain(fleet, request));
});

it('equal terms are one relation, whether or not pods share them', () => {
  const apart = JSON.parse(JSON.stringify(fleet));
  const relationsOf = (each: typeof fleet) => {
    const resolved = resolveRequest(request, each);
    return resolved.kind === 'resolved' ? surveyFleet(each, resolved.request).relations : undefined;
  };
  expect(relationsOf(apart)).toEqual(relationsOf(fleet));
  expect(relationsOf(fleet)?.all.length).toBeGreaterThan(0);
});

it('pods that wait for a node count for their budget and stand in no relation', () => {
  const [first] = fleet.budgets.filter(({ selector }) => selector?.length === 1);
  const [{ values: [value = ''] = [] } = {}] = first?.selector ?? [];
  const pods = fleet.pods.map((pod) => {
    const { node, ...rest } = pod;
    return pod.labels.app === value ? rest : { ...rest, ...(node === undefined ? {} : { node }) };
  });
  const resolved = resolveRequest(request, { ...fleet, pods });
  if (resolved.kind !== 'resolved') throw new Error('not resolved');
  const { budgets, relations, pods: table } = surveyFleet({ ...fleet, pods }, resolved.request);
  const waiting = pods.filter((pod) => !('node' in pod)).length;
  expect(waiting).toBeGreaterThan(0);
  expect(budgets.picked[fleet.budgets.findIndex(({ key }) => key === first?.key)]).toBe(waiting);
  for (const { picked } of relations.all)
    expect(Math.max(-1, ...podsOf(picked))).toBeLessThan(table.all.length);
});
