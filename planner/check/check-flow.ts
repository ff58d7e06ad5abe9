/**
 * How many can meet, over all orders that `after` allows.
 *
 * - Room: how full can a node get? Comers bring load, and each needs the leavers it waits for to be gone. The fullest moment
 *   is all comers less the load that must have left for them: a maximum closure, which equals the sum of comers less the most
 *   that can flow from comers to leavers they wait for (https://en.wikipedia.org/wiki/Closure_problem).
 * - Surge: the same with a load of one for each node that is added or released.
 * - Budgets: how many steps of a group can run at once? As many as the group has steps less the largest matching along
 *   `after` (Dilworth, https://en.wikipedia.org/wiki/Dilworth%27s_theorem).
 */
import type { Walk } from './check-state.ts';

/**
 * The most comers that can be there at once when each of `leavers` that a comer waits for makes room for one: `comers` less
 * the largest matching of comers with leavers they wait for. Not counted below `enough`. Both lists stand in the plan's order.
 */
export function mostAtOnce(
  { paths, steps }: Walk,
  comers: readonly number[],
  leavers: readonly number[],
  enough: number,
): number {
  const areLeaving = new Set(leavers);
  const comerOf = new Map<number, number>();
  const unmatched = comers.filter((comer, index) => !takeNearPartner(comer, leavers[index - enough]));
  const waitedFor = new Map<number, readonly number[]>();
  let left = unmatched.length;
  for (const comer of unmatched) {
    if (left <= enough) break;
    if (findPartner(comer)) left -= 1;
  }
  return left;

  /**
   * Nearly every comer has a partner at hand: one that it names in `after`, or the natural one, for who comes as the seventh
   * where three are allowed takes the place of the fourth to leave.
   */
  function takeNearPartner(comer: number, natural: number | undefined): boolean {
    const named = namedPartner(comer);
    const isFree = natural !== undefined && !comerOf.has(natural) && paths.waitsFor(comer, natural);
    const partner = named ?? (isFree ? natural : undefined);
    if (partner !== undefined) comerOf.set(partner, comer);
    return partner !== undefined;
  }

  function namedPartner(comer: number): number | undefined {
    const { firstEdge, edges } = steps;
    for (let edge = firstEdge[comer] ?? 0; edge < (firstEdge[comer + 1] ?? 0); edge += 1) {
      const each = edges[edge] ?? -1;
      if (areLeaving.has(each) && !comerOf.has(each)) return each;
    }
    return undefined;
  }

  /** Gives a comer a leaver, if need be by giving others new ones: the shortest alternating path, breadth first. */
  function findPartner(comer: number): boolean {
    const cameFrom = new Map<number, number>();
    let wave = [comer];
    while (wave.length > 0) {
      const following: number[] = [];
      for (const each of wave)
        for (const leaver of leaversFor(each)) {
          if (cameFrom.has(leaver)) continue;
          cameFrom.set(leaver, each);
          const holder = comerOf.get(leaver);
          if (holder === undefined) {
            hand(leaver, cameFrom);
            return true;
          }
          following.push(holder);
        }
      wave = following;
    }
    return false;
  }

  /** Along the path that was found everybody moves on to the next leaver. */
  function hand(leaver: number, cameFrom: ReadonlyMap<number, number>): void {
    const heldBy = new Map([...comerOf].map(([held, holder]) => [holder, held]));
    for (let next: number | undefined = leaver; next !== undefined; ) {
      const comer = cameFrom.get(next);
      if (comer === undefined) return;
      comerOf.set(next, comer);
      next = heldBy.get(comer);
    }
  }

  function leaversFor(comer: number): readonly number[] {
    const known = waitedFor.get(comer);
    if (known !== undefined) return known;
    // From the last one down, so that one look back answers them all.
    const found = leavers.toReversed().filter((leaver) => paths.waitsFor(comer, leaver));
    waitedFor.set(comer, found);
    return found;
  }
}

/** The most that can flow from givers to takers along allowed edges. */
export function largestFlow(
  givers: readonly number[],
  takers: readonly number[],
  allowed: (giver: number, taker: number) => boolean,
): number {
  const left = [...givers];
  const free = [...takers];
  const sent = givers.map(() => new Map<number, number>());
  const edges = givers.map((_, giver) =>
    takers.flatMap((_, taker) => (allowed(giver, taker) ? [taker] : [])),
  );
  let flow = 0;
  for (let giver = 0; giver < left.length; giver += 1) {
    while ((left[giver] ?? 0) > 0) {
      const amount = push(giver, left[giver] ?? 0, new Set());
      if (amount === 0) break;
      left[giver] = (left[giver] ?? 0) - amount;
      flow += amount;
    }
  }
  return flow;

  /** Sends up to `amount` from a giver to a taker with room, or to one that another giver can leave for a third. */
  function push(giver: number, amount: number, seen: Set<number>): number {
    for (const taker of edges[giver] ?? []) {
      if (seen.has(taker)) continue;
      seen.add(taker);
      const direct = Math.min(amount, free[taker] ?? 0);
      if (direct > 0) {
        free[taker] = (free[taker] ?? 0) - direct;
        shift(giver, taker, direct);
        return direct;
      }
      for (let other = 0; other < sent.length; other += 1) {
        const held = sent[other]?.get(taker) ?? 0;
        if (other === giver || held === 0) continue;
        const moved = push(other, Math.min(amount, held), seen);
        if (moved === 0) continue;
        shift(other, taker, -moved);
        shift(giver, taker, moved);
        return moved;
      }
    }
    return 0;
  }

  function shift(giver: number, taker: number, amount: number): void {
    sent[giver]?.set(taker, (sent[giver]?.get(taker) ?? 0) + amount);
  }
}
