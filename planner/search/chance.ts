/** Numbers that look like chance and are the same for one seed on every machine: mulberry32 by Tommy Ettinger, public domain. */
export type Chance = {
  /** A whole number from 0 to `limit` - 1. */
  readonly below: (limit: number) => number;
  /** From 0 up to, not including, 1. */
  readonly share: () => number;
};

/** Returns the numbers of a seed. */
export function openChance(seed: number): Chance {
  let state = seed | 0;
  const share = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { share, below: (limit) => Math.floor(share() * limit) };
}
