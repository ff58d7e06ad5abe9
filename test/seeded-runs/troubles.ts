/**
 * What goes wrong in a run, from its seed. Each seed has some kinds of trouble and not others (swarm testing: Groce et al., ISSTA
 * 2012), so that rare combinations come up and a run with little trouble shows what much trouble hides.
 */
import type { Random } from '../../simulations/world/random.ts';

/** Chances per call, pass or run; 0: this kind does not happen. */
export type Troubles = {
  /** Nothing goes wrong any more from then on, in milliseconds after the start. */
  readonly healAfterMs: number;
  readonly workers: number;
  /** A call is never received. */
  readonly lostRequest: number;
  /** A call is carried out, and its answer never arrives. */
  readonly lostAnswer: number;
  /** A call is carried out twice, as by a proxy that tries again. */
  readonly twice: number;
  /** A call takes seconds. */
  readonly slow: number;
  /** A read shows what was so some seconds ago. */
  readonly stale: number;
  /** The worker dies, before or after a call. */
  readonly crash: number;
  /** The worker stands still for up to two minutes, in the middle of a call. */
  readonly freeze: number;
  /** Two workers get the same job. */
  readonly doubled: number;
  /** Clocks of workers are wrong by up to so many milliseconds, and jump. */
  readonly clockWrongMs: number;
  /** What happens in the fleet: how many mishaps of these kinds. */
  readonly mishaps: number;
  readonly kinds: readonly MishapKind[];
};

export const mishapKinds = [
  'failover',
  'replica-freezes',
  'replica-never-streams',
  'patroni-silent',
  'node-dies',
  'pod-does-not-come-back',
  'no-node-comes',
  'node-in-wrong-zone',
  'volumes-slow',
  'switchover-lies',
  'operator-reacts-to-cordon',
  'somebody-uncordons',
  'somebody-cordons',
  'somebody-unfences',
  'somebody-pauses-cluster',
  'somebody-takes-lease',
  'somebody-evicts',
  'somebody-tags-nofailover',
  'somebody-places-pod',
  'another-run-marks',
  'pause-and-resume',
  'abort',
] as const;
/** Those that are not among them are drawn apart, in the files that plan them: see planMishaps, draw-windows.ts and change-before-start.ts. */
export type MishapKind =
  | (typeof mishapKinds)[number]
  | 'budgets-closed'
  | 'somebody-switches-over'
  | 'journal-lost'
  | 'leader-stops-slowly'
  | 'heavy-load'
  | 'second-run'
  | 'patroni-vague'
  | 'evictions-forbidden'
  | 'pipeline-away'
  | 'another-drains'
  | 'windows'
  | 'somebody-scales'
  | 'approval-needed'
  | 'rejected'
  | 'fleet-changed-before';

const minuteMs = 60_000;

/** Returns the troubles of a seed. */
export function drawTroubles(random: Random): Troubles {
  const some = (share: number, most: number): number =>
    random.next() < share ? most * random.next() ** 2 : 0;
  const kinds = mishapKinds.filter(() => random.next() < 0.3);
  return {
    healAfterMs: random.between(2, 30) * minuteMs,
    workers: random.between(1, 3),
    lostRequest: some(0.4, 0.2),
    lostAnswer: some(0.4, 0.2),
    twice: some(0.3, 0.2),
    slow: some(0.4, 0.2),
    stale: some(0.4, 0.4),
    crash: some(0.4, 0.03),
    freeze: some(0.3, 0.02),
    doubled: some(0.3, 0.3),
    clockWrongMs: random.next() < 0.3 ? random.between(1, 30) * 1_000 : 0,
    mishaps: random.next() < 0.7 && kinds.length > 0 ? random.between(1, 4) : 0,
    kinds,
  };
}

export type BusyKind = (typeof busyKinds)[number];

export const busyKinds = ['backup-runs', 'transaction-runs', 'check-is-away'] as const;
