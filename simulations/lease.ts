/** The fleet's Lease on the store: respected until it has run out, and with a note until it was given back. https://kubernetes.io/docs/concepts/architecture/leases/ */
import { RUN_NOTE } from '../executor/marks.ts';
import type { LeaseAnswer } from '../executor/ports.ts';
import type { StoredObject } from './world/object-store.ts';
import type { World } from './world/world.ts';

const NAMESPACE = 'default';
const NAME = 'switchyard';

/** Returns 'held', or who has the lease and until when. */
export function holdLease(
  world: World,
  lease: { readonly holder: string; readonly durationSeconds: number; readonly note?: string },
): LeaseAnswer {
  const nowMs = world.nowMs();
  const stored = world.store.get('Lease', NAMESPACE, NAME);
  const by = String(stored?.spec?.holderIdentity ?? '');
  if (by !== '' && by !== lease.holder) {
    const untilMs = endsAtMs(stored);
    const isNoted = stored?.metadata.annotations?.[RUN_NOTE] !== undefined;
    if (untilMs > nowMs || isNoted) return { kind: 'taken', by, untilMs };
  }
  const renewTime = microTime(nowMs);
  const acquireTime = by === lease.holder ? stored?.spec?.acquireTime : renewTime;
  const spec = {
    holderIdentity: lease.holder,
    leaseDurationSeconds: lease.durationSeconds,
    acquireTime,
    renewTime,
  };
  if (stored === undefined) {
    const annotations = lease.note === undefined ? {} : { [RUN_NOTE]: lease.note };
    const metadata = { name: NAME, namespace: NAMESPACE, annotations };
    world.store.create({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
  } else {
    world.store.update('Lease', NAMESPACE, NAME, (draft) => {
      draft.spec = spec;
      if (by !== lease.holder) delete draft.metadata.annotations?.[RUN_NOTE];
      if (lease.note !== undefined) {
        draft.metadata.annotations = { ...draft.metadata.annotations, [RUN_NOTE]: lease.note };
      }
    });
  }
  return { kind: 'held' };
}

/** Gives the lease back if `holder` has it, and takes its note away; else does nothing. */
export function dropLease(world: World, lease: { readonly holder: string }): void {
  const stored = world.store.get('Lease', NAMESPACE, NAME);
  if (stored?.spec?.holderIdentity !== lease.holder) return;
  world.store.update('Lease', NAMESPACE, NAME, (draft) => {
    draft.spec = { ...draft.spec, holderIdentity: '', leaseDurationSeconds: 1 };
    delete draft.metadata.annotations?.[RUN_NOTE];
  });
}

/** Returns the note of a holder whose lease has run out; undefined: there is none, or it is renewed. */
export function readNote(world: World): string | undefined {
  const stored = world.store.get('Lease', NAMESPACE, NAME);
  return endsAtMs(stored) <= world.nowMs() ? stored?.metadata.annotations?.[RUN_NOTE] : undefined;
}

function endsAtMs(stored: StoredObject | undefined): number {
  return Date.parse(stored?.spec?.renewTime ?? '') + Number(stored?.spec?.leaseDurationSeconds ?? 0) * 1000;
}

/** The API server refuses a time of a Lease without microseconds. */
function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}
