import { expect, it } from 'vitest';
import type { Pod } from '../../planner/model.ts';
import { resolveRequest } from '../../planner/read/resolve-request.ts';
import { searchPlan } from '../../planner/search/search-plan.ts';
import { podsOf } from '../../planner/survey/label-index.ts';
import { surveyFleet } from '../../planner/survey/survey.ts';
import { undo } from '../../planner/yard/acts.ts';
import { scarceFree } from '../../planner/yard/standing.ts';
import type { Yard } from '../../planner/yard/yard.ts';
import { generateModel } from '../../simulations/fleets/generate-model.ts';

/** Rules that nobody breaks, over all members of all clusters. */
function withLargeRelations(pod: Pod): Pod {
  if (pod.cluster === undefined) return pod;
  const selector = [{ key: 'application', operator: 'In' as const, values: ['spilo'] }];
  const zone = 'topology.kubernetes.io/zone';
  const spread = { topologyKey: zone, maxSkew: 1_000, minDomains: 1, selector };
  const near = { topologyKey: zone, selector, namespaces: 'all' as const };
  return { ...pod, spread: [...pod.spread, spread], podAffinity: [near] };
}

it('what a yard keeps count of is what a recount finds, after a plan and after all of it was taken back', () => {
  const { fleet, request } = generateModel({ seed: 5, nodes: 12, utilisation: 0.6 });
  const related = { ...fleet, pods: fleet.pods.map(withLargeRelations) };
  const resolved = resolveRequest(request, related);
  if (resolved.kind !== 'resolved') throw new Error('not resolved');
  const { yard, stuck } = searchPlan(surveyFleet(related, resolved.request), []).attempt;
  expect(stuck).toEqual([]);
  expect(yard.crowds.size).toBeGreaterThan(0);
  expect(yard.reaches.known.size).toBeGreaterThan(1);
  expectRecounted(yard);
  undo(yard, 0);
  expectRecounted(yard);
});

function expectRecounted(yard: Yard): void {
  for (const [list, crowd] of yard.crowds) {
    const standing = [...podsOf(list)].flatMap((pod) => yard.at[pod] ?? -1).filter((node) => node >= 0);
    expect(crowd.standing).toBe(standing.length);
    expect(sorted(crowd.in)).toEqual(sorted(countBy(standing, (node) => crowd.domains[node] ?? -1)));
  }
  const live = [...yard.live.keys()].filter((node) => yard.live[node] === 1);
  for (const { nodesIn, domains, counts } of yard.reaches.known.values()) {
    const counted = live.filter((node) => counts(node) && (domains[node] ?? -1) >= 0);
    expect(sorted(nodesIn)).toEqual(sorted(countBy(counted, (node) => domains[node] ?? -1)));
  }
  for (const finals of yard.finals) {
    const inOrder = [...finals].sort((a, b) => scarceFree(yard, a) - scarceFree(yard, b) || a - b);
    expect(finals).toEqual(inOrder);
    expect(finals.map((node) => yard.finalPlace[node])).toEqual([...finals.keys()]);
  }
}

function countBy(nodes: readonly number[], domainOf: (node: number) => number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const node of nodes) counts.set(domainOf(node), (counts.get(domainOf(node)) ?? 0) + 1);
  return counts;
}

function sorted(counts: ReadonlyMap<number, number>): readonly (readonly [number, number])[] {
  return [...counts].sort(([a], [b]) => a - b);
}
