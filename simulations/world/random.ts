/**
 * The only source of randomness: numbers that follow from a seed alone.
 * mulberry32, public domain, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export type Random = {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  /** A generator of its own for one purpose, so that a draw more here changes nothing there. */
  fork(purpose: string): Random;
};

/** Returns a generator whose numbers depend on `seed` only. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    fork: (purpose) => createRandom(hashText(`${seed}:${purpose}`)),
  };
}

/** FNV-1a over UTF-16 code units: a 32-bit number that depends on the text only; `begun` is that of a text before it. */
export function hashText(text: string, begun = 0x811c9dc5): number {
  let hash = begun;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** A version-4 looking UID that follows from the generator. */
export function nextUid(random: Random): string {
  let uid = '';
  for (const place of 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx') uid += drawDigit(random, place);
  return uid;
}

function drawDigit(random: Random, place: string): string {
  if (place === 'x') return '0123456789abcdef'.charAt(random.between(0, 15));
  return place === 'y' ? '89ab'.charAt(random.between(0, 3)) : place;
}

/** The suffix alphabet of Kubernetes' generated names (no vowels, no look-alikes). */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Five letters as the API server appends them to generateName. */
export function nextNameSuffix(random: Random): string {
  return Array.from({ length: 5 }, () =>
    SUFFIX_ALPHABET.charAt(random.between(0, SUFFIX_ALPHABET.length - 1)),
  ).join('');
}
