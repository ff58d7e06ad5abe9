/**
 * A fleet that isn't there: the one mutable thing. It holds raw Kubernetes objects exactly as an API server would serve
 * them, and moves only when told to (`advanceTo`). Same objects, same seed, same calls: same world.
 */
import type {
  ApiAnswer,
  Eviction,
  Outage,
  PatroniAnswer,
  PatroniRequest,
  RoleChange,
  Violation,
} from './answers.ts';
import { VirtualClock } from './clock.ts';
import { type Durations, usualDurations } from './durations.ts';
import { ObjectStore, type StoredObject } from './object-store.ts';
import { createRandom, nextUid, type Random } from './random.ts';

export type WorldOptions = {
  /** As kubectl prints them; copied. */
  readonly objects: readonly unknown[];
  readonly seed?: number;
  readonly startMs?: number;
  readonly durations?: Partial<Durations>;
  /** Address under which a pod's Patroni is published in its `status` annotation; default: http://<podIP>:8008/patroni. */
  readonly patroniUrlOf?: (pod: { namespace: string; name: string; ip: string }) => string;
};

export class World {
  readonly store: ObjectStore;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly durations: Durations;
  readonly roleChanges: RoleChange[] = [];
  readonly outages: Outage[] = [];
  readonly evictions: Eviction[] = [];
  readonly violations: Violation[] = [];

  constructor(options: WorldOptions) {
    this.clock = new VirtualClock(options.startMs ?? 0);
    this.random = createRandom(options.seed ?? 1);
    this.durations = { ...usualDurations, ...options.durations };
    const uids = this.random.fork('uids');
    this.store = new ObjectStore({
      nowMs: () => this.clock.nowMs(),
      newUid: () => nextUid(uids),
      objects: structuredClone(options.objects) as StoredObject[],
    });
  }

  /** Virtual now, in milliseconds since 1970. */
  nowMs(): number {
    return this.clock.nowMs();
  }

  /** Runs all controllers and events due up to `ms`, in order. Throws when asked to go back. */
  advanceTo(ms: number): void {
    this.clock.advanceTo(ms);
  }

  /** POST pods/eviction: statuses and bodies as a real server sends them. `body` is the Eviction object; `query.dryRun` as in the URL. */
  evict(_namespace: string, _name: string, _body: unknown, _query?: { dryRun?: string }): ApiAnswer {
    throw new Error('not there yet');
  }

  /** DELETE pod, gracefully. Answers as a real server; `body` are DeleteOptions. */
  deletePod(_namespace: string, _name: string, _body?: unknown): ApiAnswer {
    throw new Error('not there yet');
  }

  /** A request to the Patroni of one pod. */
  patroniRequest(_namespace: string, _pod: string, _request: PatroniRequest): PatroniAnswer {
    throw new Error('not there yet');
  }

  /** The pipeline's side: a node of that zone appears after a while. The same key asks for the same node. */
  wantNode(_want: { key: string; zone: string; labels: Readonly<Record<string, string>> }): void {
    throw new Error('not there yet');
  }

  /** A released node (and only such) is taken away after a while. */
  nodeReleased(_name: string): void {
    throw new Error('not there yet');
  }

  /** Where a pod's Patroni is published from now on (the `status` annotations are rewritten). */
  publishPatroniAt(_urlOf: NonNullable<WorldOptions['patroniUrlOf']>): void {
    throw new Error('not there yet');
  }
}

/** Builds a world from objects; see WorldOptions. Time starts at `startMs` (default: 2026-11-23T08:00:00Z). */
export function createWorld(options: WorldOptions): World {
  return new World({ startMs: Date.UTC(2026, 10, 23, 8), ...options });
}
