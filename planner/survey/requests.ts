/**
 * What pods ask for, in numbers: pods that ask for the same amounts have one number. Thousands of clusters make thousands of
 * amounts, so equal ones are found by a fingerprint and compared, and no text is written for any of them.
 */
import type { Resources } from '../model.ts';

export type Requests = {
  readonly numberOf: (requests: Resources) => number;
  /** To be asked when all requests are known: the names of resources, sorted, and by number and resource the amounts. */
  readonly amounts: () => { readonly resources: readonly string[]; readonly asks: Float64Array };
};

/** Returns the numbers of requests, none so far. */
export function openRequests(): Requests {
  const distinct: Resources[] = [];
  const names = new Set<string>(['cpu', 'memory', 'pods']);
  /** The latest number with a fingerprint, and by number the one before it; -1: none. */
  const latest = new Map<number, number>();
  const before: number[] = [];
  let last: Resources | undefined;
  let lastNumber = -1;
  const enter = (requests: Resources): number => {
    const print = fingerprint(requests);
    const alike = latest.get(print) ?? -1;
    for (let number = alike; number >= 0; number = before[number] ?? -1) {
      const other = distinct[number];
      if (other !== undefined && isSame(requests, other)) return number;
    }
    before.push(alike);
    latest.set(print, distinct.length);
    for (const name in requests) names.add(name);
    return distinct.push(requests) - 1;
  };
  return {
    numberOf: (requests) => {
      if (requests !== last) {
        lastNumber = enter(requests);
        last = requests;
      }
      return lastNumber;
    },
    amounts: () => {
      const resources = [...names].sort();
      return { resources, asks: tableOf(distinct, resources) };
    },
  };
}

/** The same for equal amounts, whatever their order, and nearly always another one for others. */
function fingerprint(requests: Resources): number {
  let sum = 0;
  for (const name in requests) sum += (requests[name] ?? 0) * name.length;
  return sum;
}

function isSame(one: Resources, other: Resources): boolean {
  let more = 0;
  for (const name in one) {
    if (!Object.hasOwn(other, name) || one[name] !== other[name]) return false;
    more += 1;
  }
  for (const _ in other) more -= 1;
  return more === 0;
}

/** What is not named is zero, as for the scheduler. */
function tableOf(distinct: readonly Resources[], names: readonly string[]): Float64Array {
  const table = new Float64Array(distinct.length * names.length);
  let place = 0;
  for (const amounts of distinct)
    for (const name of names) {
      if (Object.hasOwn(amounts, name)) table[place] = amounts[name] ?? 0;
      place += 1;
    }
  return table;
}
