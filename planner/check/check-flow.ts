/**
 * The most that can flow from givers to takers along allowed edges. One question answers three of checkPlan's:
 *
 * - Room: of all orders that `after` allows, how full can a node get? Comers bring load, and each needs the leavers it waits
 *   for to be gone. The fullest moment is all comers less the load that must have left for them: a maximum closure, which
 *   equals the sum of comers less this flow (https://en.wikipedia.org/wiki/Closure_problem).
 * - Surge: the same with a load of one for each node that is added or released.
 * - Budgets: how many steps of a group can run at once? As many as the group has steps less the largest matching along
 *   `after` (Dilworth, https://en.wikipedia.org/wiki/Dilworth%27s_theorem).
 */
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
