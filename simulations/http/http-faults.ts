/**
 * What can go wrong between a client and the simulated servers, switchable at run time. Seeded: the same faults and the same
 * requests in the same order go wrong in the same way.
 */
import { createRandom, type Random } from '../world/random.ts';
import type { WallClock } from './pacer.ts';

export type ServerName = 'kubernetes' | 'patroni' | 'pipeline';

export type FaultEffect =
  /** An answer instead of doing it. 429 here is API throttling: it names no disruption budget. */
  | {
      readonly kind: 'answer';
      readonly status: 429 | 500 | 502 | 503 | 504;
      readonly retryAfterSeconds?: number;
    }
  /** The connection ends before anything was done. */
  | { readonly kind: 'close-before' }
  /** It is done, and the answer is lost. */
  | { readonly kind: 'close-after' }
  /** Nothing is done and nothing said for `ms` of wall-clock time, then the connection ends. */
  | { readonly kind: 'hang'; readonly ms: number }
  /** It is done at once; the answer comes `ms` of wall-clock time later. */
  | { readonly kind: 'slow'; readonly ms: number };

export type HttpFault = {
  /** Undefined: all servers. */
  readonly server?: ServerName;
  /** Undefined: all methods. */
  readonly method?: string;
  /** A regular expression on the path with its query; undefined: all paths. */
  readonly path?: string;
  /** Ends after that many requests went wrong; undefined: no such end. */
  readonly times?: number;
  /** Ends after that much wall-clock time; undefined: no such end. */
  readonly forMs?: number;
  /** Chance of each matching request, 0 to 1; undefined: every one. */
  readonly probability?: number;
  readonly effect: FaultEffect;
};

export type HttpFaults = {
  /** Switches a fault on; returns its number. */
  readonly add: (fault: HttpFault) => number;
  readonly remove: (number: number) => void;
  /** Ends all faults. */
  readonly clear: () => void;
  /** The faults that are on, by number, with how often each struck. */
  readonly list: () => readonly {
    readonly number: number;
    readonly fault: HttpFault;
    readonly struck: number;
  }[];
  /** How often any fault struck so far, those that have ended included. */
  readonly struckInAll: () => number;
  /** What goes wrong with this request; undefined: nothing. The first fault that matches counts. */
  readonly strike: (server: ServerName, method: string, pathWithQuery: string) => FaultEffect | undefined;
};

type Active = {
  readonly number: number;
  readonly fault: HttpFault;
  readonly path: RegExp | undefined;
  readonly endsAtMs: number;
  readonly random: Random;
  struck: number;
};

/** Returns an empty set of faults whose chances follow from `seed`. Throws a SyntaxError for a `path` that is no pattern. */
export function createHttpFaults(seed: number, clock: WallClock): HttpFaults {
  const random = createRandom(seed).fork('http faults');
  let active: Active[] = [];
  let lastNumber = 0;
  let struckInAll = 0;
  const alive = (one: Active) =>
    clock.nowMs() < one.endsAtMs && one.struck < (one.fault.times ?? Number.POSITIVE_INFINITY);
  return {
    add: (fault) => {
      lastNumber += 1;
      active.push({
        number: lastNumber,
        fault,
        path: fault.path === undefined ? undefined : new RegExp(fault.path),
        endsAtMs: fault.forMs === undefined ? Number.POSITIVE_INFINITY : clock.nowMs() + fault.forMs,
        random: random.fork(String(lastNumber)),
        struck: 0,
      });
      return lastNumber;
    },
    remove: (number) => {
      active = active.filter((one) => one.number !== number);
    },
    clear: () => {
      active = [];
    },
    list: () => {
      active = active.filter(alive);
      return active.map(({ number, fault, struck }) => ({ number, fault, struck }));
    },
    struckInAll: () => struckInAll,
    strike: (server, method, pathWithQuery) => {
      active = active.filter(alive);
      const hit = active.find((one) => matches(one, server, method, pathWithQuery) && happens(one));
      if (hit === undefined) return undefined;
      hit.struck += 1;
      struckInAll += 1;
      return hit.fault.effect;
    },
  };
}

function matches(one: Active, server: ServerName, method: string, pathWithQuery: string): boolean {
  const { fault } = one;
  if (fault.server !== undefined && fault.server !== server) return false;
  if (fault.method !== undefined && fault.method !== method) return false;
  return one.path === undefined || one.path.test(pathWithQuery);
}

function happens(one: Active): boolean {
  return one.fault.probability === undefined || one.random.next() < one.fault.probability;
}
