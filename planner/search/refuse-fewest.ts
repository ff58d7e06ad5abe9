/**
 * Nodes that cannot be emptied together: as few of them are refused as can be, found by trying every choice while nodes are few.
 */
import { refuseFewestNodesMax } from '../limits.ts';
import type { Refusal } from '../plan.ts';
import { refuseWithoutCandidate } from '../rules/refuse-nodes.ts';
import type { Survey } from '../survey/survey.ts';
import { openYard } from '../yard/open-yard.ts';
import type { Yard } from '../yard/yard.ts';
import { compareCosts } from './cost.ts';
import type { Found, Tried } from './found.ts';

/**
 * Returns the cheapest plan of those that refuse the fewest nodes beyond `refused`, with the refusals that come on top; undefined: too
 * many nodes to try every choice.
 */
export function refuseFewest(
  survey: Survey,
  refused: ReadonlySet<number>,
  tryToEmpty: (refused: ReadonlySet<number>) => Tried,
): Found | undefined {
  const drained = survey.nodes.all.flatMap((_, node) => (isDrained(survey, refused)(node) ? [node] : []));
  if (drained.length > refuseFewestNodesMax) return undefined;
  // A search that was given up says nothing about its choice.
  let certain = true;
  for (let count = 1; count <= drained.length; count += 1) {
    let best: { readonly tried: Tried; readonly more: readonly number[] } | undefined;
    for (const more of choicesOf(drained, count)) {
      const all = new Set([...refused, ...more]);
      if (refuseWithoutCandidate(survey, isDrained(survey, all)).length > 0) continue;
      const tried = tryToEmpty(all);
      const isStuck = tried.attempt.stuck.length > 0;
      if (isStuck && !tried.impossible) certain = false;
      if (isStuck || (best !== undefined && compareCosts(tried.cost, best.tried.cost) >= 0)) continue;
      best = { tried, more };
    }
    if (best === undefined) continue;
    const { tried, more } = best;
    const refusals = more.flatMap((node) => refusalsOf(survey, refused, more, node, certain));
    return { ...tried, refusals, refused: new Set([...refused, ...more]) };
  }
  return undefined;
}

/** Whoever stays because of another refused node says so; everybody else lacks room. */
function refusalsOf(
  survey: Survey,
  refused: ReadonlySet<number>,
  more: readonly number[],
  node: number,
  certain: boolean,
): readonly Refusal[] {
  const others = new Set([...refused, ...more.filter((other) => other !== node)]);
  const name = survey.nodes.all[node]?.name;
  const hopeless = refuseWithoutCandidate(survey, isDrained(survey, others));
  const own = hopeless.filter((refusal) => refusal.node === name);
  if (own.length > 0) return own;
  const refusal = noRoom(survey, openYard(survey, refused), node);
  return [certain ? { ...refusal, facts: { ...refusal.facts, tried: 'all' } } : refusal];
}

/** Every choice of so many of these, in order. */
function choicesOf(nodes: readonly number[], count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return nodes.flatMap((node, place) =>
    choicesOf(nodes.slice(place + 1), count - 1).map((rest) => [node, ...rest]),
  );
}

/** Returns which nodes a plan empties that refuses these. */
export function isDrained({ nodes }: Survey, refused: ReadonlySet<number>): (node: number) => boolean {
  return (node) => nodes.asked[node] === 1 && !refused.has(node);
}

/** Returns the refusal of a node for want of room, with the pods that stand on it. */
export function noRoom({ nodes, pods, request }: Survey, yard: Yard, node: number): Refusal {
  const { name = '', zone = '' } = nodes.all[node] ?? {};
  const surge = request.surge[zone] ?? 0;
  const leaving: string[] = [];
  for (let pod = yard.head[node] ?? -1; pod >= 0; pod = yard.next[pod] ?? -1)
    if (pods.stays[pod] !== 1) leaving.push(pods.all[pod]?.key ?? '');
  return {
    code: 'no-room',
    severity: 'stops',
    node: name,
    pods: leaving.sort(),
    facts: { zone, surge },
    fix: `"surge": {"perZone": {"${zone}": ${surge + 1}}}`,
  };
}
