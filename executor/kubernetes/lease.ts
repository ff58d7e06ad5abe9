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

/** Returns `held`, or who has it and until when. */
export async function holdLease(
  rest: Rest,
  place: LeasePlace,
  clock: Clock,
  wish: Wish,
): Promise<LeaseAnswer> {
  const found = await readLease(rest, place);
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
    if (created.status === 201) return { kind: 'held' };
    if (created.status === 409) return judge(rest, place, wish.holder, nowMs);
    throw unexpected(created);
  }
  const holder = found.spec?.holderIdentity ?? '';
  const untilMs = endsAtMs(found);
  if (holder !== wish.holder && holder !== '' && untilMs > nowMs)
    return { kind: 'taken', by: holder, untilMs };
  const ours = holder === wish.holder;
  const annotations = annotated(found.metadata.annotations ?? {}, wish.note);
  const isNoted = annotations[RUN_NOTE] === found.metadata.annotations?.[RUN_NOTE];
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
  if (written.status === 200) return { kind: 'held' };
  if (written.status === 409 || written.status === 404) return judge(rest, place, wish.holder, nowMs);
  throw unexpected(written);
}

/**
 * Gives the lease back if `holder` has it. It stays as an object without holder, so that no right to delete is needed. Its note
 * goes with it.
 */
export async function dropLease(
  rest: Rest,
  place: LeasePlace,
  clock: Clock,
  lease: { readonly holder: string },
): Promise<void> {
  const found = await readLease(rest, place);
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
export async function readNote(rest: Rest, place: LeasePlace, clock: Clock): Promise<string | undefined> {
  const found = await readLease(rest, place);
  const isRunOut = found !== undefined && endsAtMs(found) <= clock.nowMs();
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
async function judge(rest: Rest, place: LeasePlace, wanted: string, nowMs: number): Promise<LeaseAnswer> {
  const found = await readLease(rest, place);
  const holder = found?.spec?.holderIdentity ?? '';
  if (found !== undefined && holder === wanted) return { kind: 'held' };
  return { kind: 'taken', by: holder, untilMs: found === undefined ? nowMs : endsAtMs(found) };
}

async function readLease(rest: Rest, place: LeasePlace): Promise<Lease | undefined> {
  const found = await getObject(rest, pathOf(place), place.name);
  return found === undefined ? undefined : parseAs(leaseSchema, found);
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
