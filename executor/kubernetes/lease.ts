/**
 * The Lease of the fleet: at most one run acts on it, also where two services with two Redis databases know nothing of
 * each other. https://kubernetes.io/docs/concepts/architecture/leases/
 */
import { z } from 'zod';
import { RUN_NOTE } from '../marks.ts';
import type { Clock, LeaseAnswer } from '../ports.ts';
import { getObject } from './objects.ts';
import { type Rest, unexpected } from './rest.ts';
import { parseAs } from './translate.ts';

export type LeasePlace = { readonly namespace: string; readonly name: string };

/** How one connection looks after its Lease. */
export type LeaseDesk = {
  readonly rest: Rest;
  readonly place: LeasePlace;
  readonly clock: Clock;
  readonly seen: LeaseSeen;
};

/** As which the Lease was seen last, and since when by our own clock. */
export type LeaseSeen = { sign?: string; sinceMs?: number };

type Wish = {
  readonly holder: string;
  readonly durationSeconds: number;
  readonly note?: string | undefined;
};

const leaseSchema = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z
    .object({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.number().nullish(),
    })
    .nullish(),
});
type Lease = z.infer<typeof leaseSchema>;

/** A lease renewed less than this share of its duration ago is not written again: passes come many times a second. */
const FRESH_SHARE = 1 / 4;
/** Clocks of machines may differ by so much. A lease that ran out longer ago by its holder's clock has run out by any. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/**
 * Returns `held`, or who has it and until when. A note says that its holder has not let go: marks and acts of that run may be on the
 * fleet, and the note is all by which it is found again where a database has lost it. So its Lease is nobody else's, also once it has run out.
 */
export async function holdLease(desk: LeaseDesk, wish: Wish): Promise<LeaseAnswer> {
  const { rest, place, clock } = desk;
  const found = await readLease(desk);
  const nowMs = clock.nowMs();
  if (found === undefined) {
    const created = await rest.send({
      method: 'POST',
      path: collectionOf(place),
      body: leaseBody(place, wish, nowMs, {
        transitions: 0,
        acquireMs: nowMs,
        annotations: annotated({}, wish.note),
      }),
    });
    if (created.status === 201) return heldSince(desk, wish, nowMs);
    if (created.status === 409) return judge(desk, wish.holder, nowMs);
    throw unexpected(created);
  }
  const holder = found.spec?.holderIdentity ?? '';
  const untilMs = endsAtMs(found);
  const freeMs = freeAtMs(desk, found);
  const ours = holder === wish.holder;
  const noteBefore = found.metadata.annotations?.[RUN_NOTE];
  if (!ours && holder !== '' && (freeMs > nowMs || noteBefore !== undefined))
    return { kind: 'taken', by: holder, untilMs: freeMs };
  // Whoever takes it over leaves a note of its own, or none.
  const kept = ours ? (found.metadata.annotations ?? {}) : without(found.metadata.annotations);
  const annotations = annotated(kept, wish.note);
  const isNoted = annotations[RUN_NOTE] === noteBefore;
  if (ours && isNoted && untilMs - nowMs > wish.durationSeconds * 1000 * (1 - FRESH_SHARE))
    return { kind: 'held' };
  const transitions = (found.spec?.leaseTransitions ?? 0) + (ours ? 0 : 1);
  const acquireMs = ours ? Date.parse(found.spec?.acquireTime ?? '') || nowMs : nowMs;
  const written = await rest.send({
    method: 'PUT',
    path: pathOf(place),
    body: leaseBody(place, wish, nowMs, {
      transitions,
      acquireMs,
      annotations,
      resourceVersion: found.metadata.resourceVersion,
    }),
  });
  if (written.status === 200) return heldSince(desk, wish, nowMs);
  if (written.status === 409 || written.status === 404) return judge(desk, wish.holder, nowMs);
  throw unexpected(written);
}

/**
 * Gives the lease back if `holder` has it. It stays as an object without holder, so that no right to delete is needed. Its note
 * goes with it.
 */
export async function dropLease(desk: LeaseDesk, lease: { readonly holder: string }): Promise<void> {
  const { rest, place, clock } = desk;
  const found = await readLease(desk);
  if (found === undefined || found.spec?.holderIdentity !== lease.holder) return;
  const nowMs = clock.nowMs();
  const answer = await rest.send({
    method: 'PUT',
    path: pathOf(place),
    body: leaseBody(place, { holder: '', durationSeconds: 1 }, nowMs, {
      transitions: found.spec.leaseTransitions ?? 0,
      acquireMs: nowMs,
      annotations: without(found.metadata.annotations),
      resourceVersion: found.metadata.resourceVersion,
    }),
  });
  // Somebody else wrote in between: then it is theirs to judge, and ours no more.
  if (answer.status === 200 || answer.status === 409 || answer.status === 404) return;
  throw unexpected(answer);
}

/** Returns the note of a holder whose Lease has run out; undefined: there is none, or it is renewed. */
export async function readNote(desk: LeaseDesk): Promise<string | undefined> {
  const found = await readLease(desk);
  const isRunOut = found !== undefined && freeAtMs(desk, found) <= desk.clock.nowMs();
  return isRunOut ? found.metadata.annotations?.[RUN_NOTE] : undefined;
}

function annotated(found: Annotations, note: string | undefined): Annotations {
  return note === undefined ? found : { ...found, [RUN_NOTE]: note };
}

function without(found: Annotations | null | undefined): Annotations {
  const { [RUN_NOTE]: _, ...others } = found ?? {};
  return others;
}

type Annotations = Readonly<Record<string, string>>;

/** Somebody wrote at the same moment: whoever stands there now has it. */
async function judge(desk: LeaseDesk, wanted: string, nowMs: number): Promise<LeaseAnswer> {
  const found = await readLease(desk);
  const holder = found?.spec?.holderIdentity ?? '';
  if (found !== undefined && holder === wanted) return { kind: 'held' };
  return { kind: 'taken', by: holder, untilMs: found === undefined ? nowMs : freeAtMs(desk, found) };
}

async function readLease({ rest, place, clock, seen }: LeaseDesk): Promise<Lease | undefined> {
  const found = await getObject(rest, pathOf(place), place.name);
  const lease = found === undefined ? undefined : parseAs(leaseSchema, found);
  const sign = signOf(lease?.spec?.holderIdentity, lease?.spec?.renewTime);
  if (seen.sign !== sign) Object.assign(seen, { sign, sinceMs: clock.nowMs() });
  return lease;
}

/** What was written is known without another look. */
function heldSince({ seen }: LeaseDesk, { holder }: Wish, nowMs: number): LeaseAnswer {
  Object.assign(seen, { sign: signOf(holder, microTime(nowMs)), sinceMs: nowMs });
  return { kind: 'held' };
}

function signOf(holder: string | null | undefined, renewTime: string | null | undefined): string {
  return `${holder} ${renewTime}`;
}

/**
 * When others may take the lease. By the clock of its holder it ends at a moment that may be past by ours while it is renewed all the time, so
 * it must also have been seen unchanged for as long as it holds, as in leader election of the Kubernetes controllers:
 * https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
 */
function freeAtMs({ clock, seen }: LeaseDesk, lease: Lease): number {
  const endsMs = endsAtMs(lease);
  if (endsMs <= clock.nowMs() - CLOCKS_DIFFER_MS) return endsMs;
  const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
  return Math.max(endsMs, (seen.sinceMs ?? clock.nowMs()) + durationMs);
}

function endsAtMs(lease: Lease): number {
  const renewedMs = Date.parse(lease.spec?.renewTime ?? '');
  // A lease that was never renewed holds nothing.
  if (Number.isNaN(renewedMs)) return 0;
  return renewedMs + (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
}

function leaseBody(
  place: LeasePlace,
  wish: Wish,
  nowMs: number,
  rest: {
    readonly transitions: number;
    readonly acquireMs: number;
    readonly annotations?: Annotations | null | undefined;
    readonly resourceVersion?: string;
  },
): unknown {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: place.name,
      namespace: place.namespace,
      annotations: rest.annotations ?? {},
      ...(rest.resourceVersion === undefined ? {} : { resourceVersion: rest.resourceVersion }),
    },
    spec: {
      holderIdentity: wish.holder,
      leaseDurationSeconds: wish.durationSeconds,
      acquireTime: microTime(rest.acquireMs),
      renewTime: microTime(nowMs),
      leaseTransitions: rest.transitions,
    },
  };
}

/** The API server refuses a time of a Lease without microseconds. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

function collectionOf(place: LeasePlace): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(place.namespace)}/leases`;
}

function pathOf(place: LeasePlace): string {
  return `${collectionOf(place)}/${encodeURIComponent(place.name)}`;
}
