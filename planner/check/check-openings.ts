/**
 * While a node is open for a pod to be parked there, nothing else that could land on it is under way, in any order.
 */

import type { NumberedPod } from './check-model.ts';
import { staticRuleAgainst } from './check-placement.ts';
import { type NodeState, notOrdered, type Walk } from './check-state.ts';

/** A node taken off its fence, and the fence after that; undefined: it stays open. */
type Opening = { readonly node: NodeState; readonly opened: number; readonly closed: number | undefined };

/** Notes each move that might meet an opening meant for another pod. */
export function checkOpenings(walk: Walk): void {
  for (const chain of chainsOf(walk, findOpenings(walk))) checkChain(walk, chain);
}

function findOpenings(walk: Walk): readonly Opening[] {
  const openings: Opening[] = [];
  const kindOf = (place: number) => walk.plan.steps[place]?.kind;
  for (const node of walk.nodes)
    for (const opened of node.holds)
      if (kindOf(opened) === 'unfence') {
        const closed = node.holds.find((place) => place > opened && kindOf(place) === 'fence');
        openings.push({ node, opened, closed });
      }
  return openings.sort((a, b) => a.opened - b.opened);
}

/**
 * Openings of one zone nearly always wait for each other's end. In such a chain one answer covers many: who waits for the end
 * of one has waited for all before it, and whom the next one waits for all after it wait for too.
 */
function chainsOf(walk: Walk, openings: readonly Opening[]): readonly (readonly Opening[])[] {
  const chains: Opening[][] = [];
  const lastIn = new Map<string, Opening[]>();
  for (const opening of openings) {
    const { zone } = opening.node.node;
    const chain = lastIn.get(zone);
    const end = chain?.at(-1)?.closed;
    if (chain !== undefined && end !== undefined && walk.paths.waitsFor(opening.opened, end)) {
      chain.push(opening);
      continue;
    }
    const fresh = [opening];
    chains.push(fresh);
    lastIn.set(zone, fresh);
  }
  return chains;
}

/** Between the last opening whose end a move waits for and the first that waits for the move nothing may be left. */
function checkChain(walk: Walk, chain: readonly Opening[]): void {
  const { steps } = walk.plan;
  const done = openingsDone(walk, chain);
  const next = openingsNext(walk, chain);
  for (let place = 0; place < steps.length; place += 1) {
    const last = done[place] ?? 0;
    const first = next[place] ?? 0;
    if (first <= last) continue;
    const state = walk.pods[walk.podAt[place] ?? -1];
    const step = steps[place];
    if (state === undefined || step?.kind !== 'move' || state.rules.toleratesFence) continue;
    for (let index = last; index < first; index += 1) meet(walk, chain[index], place, state, step.to);
  }
}

/** For each step how many of the chain, from its begin, are over when it starts. */
function openingsDone(walk: Walk, chain: readonly Opening[]): Int32Array {
  const { firstEdge, edges } = walk.steps;
  const done = new Int32Array(walk.plan.steps.length);
  const endAt = new Map(chain.map(({ closed }, index) => [closed, index + 1]));
  for (let place = 0; place < done.length; place += 1) {
    let most = 0;
    for (let edge = firstEdge[place] ?? 0; edge < (firstEdge[place + 1] ?? 0); edge += 1)
      most = Math.max(most, done[edges[edge] ?? 0] ?? 0);
    done[place] = Math.max(most, endAt.get(place) ?? 0);
  }
  return done;
}

/** For each step the index of the first of the chain that waits for it; the length of the chain where none does. */
function openingsNext(walk: Walk, chain: readonly Opening[]): Int32Array {
  const { firstEdge, edges } = walk.steps;
  const next = new Int32Array(walk.plan.steps.length).fill(chain.length);
  const beginAt = new Map(chain.map(({ opened }, index) => [opened, index]));
  for (let place = next.length - 1; place >= 0; place -= 1) {
    const own = Math.min(next[place] ?? 0, beginAt.get(place) ?? chain.length);
    for (let edge = firstEdge[place] ?? 0; edge < (firstEdge[place + 1] ?? 0); edge += 1) {
      const earlier = edges[edge] ?? 0;
      next[earlier] = Math.min(next[earlier] ?? 0, own);
    }
  }
  return next;
}

function meet(
  walk: Walk,
  opening: Opening | undefined,
  place: number,
  { pod }: NumberedPod,
  to: string,
): void {
  if (opening === undefined) return;
  const { node, opened, closed } = opening;
  if (to === node.node.name || staticRuleAgainst(pod, node.node) !== undefined) return;
  const [first, second] = place > opened ? [closed, place] : [place, opened];
  // Between opening and closing the walk itself has said so.
  if (first !== undefined && second >= first)
    notOrdered(walk, 'open for parking', first, second, node.node.name);
}
