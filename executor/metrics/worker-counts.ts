/** What one worker counts of itself, in memory: it begins anew with each process, as counters of Prometheus may. */
import type { Clock, KubernetesPort } from '../ports.ts';

/** `again`: another pass follows; `last`: nothing is left to do; `error`: it broke off and comes again. */
export const passOutcomes = ['again', 'last', 'error'] as const;
export type PassOutcome = (typeof passOutcomes)[number];
export const passSubjects = ['run', 'step'] as const;
export type PassSubject = (typeof passSubjects)[number];

type LeaseCalls = Pick<KubernetesPort, 'holdLease' | 'dropLease'>;

export class WorkerCounts {
  readonly #clock: Clock;
  readonly #passes = new Map<string, number>();
  /** Undefined: none has ended. */
  #lastPassMs: number | undefined;
  #leaseUntilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A pass without a step is one over the run. */
  countPass({ step }: { readonly step?: string | undefined }, outcome: PassOutcome): void {
    const key = `${step === undefined ? 'run' : 'step'} ${outcome}`;
    this.#passes.set(key, (this.#passes.get(key) ?? 0) + 1);
    // A pass that breaks off says nothing of the run.
    if (outcome !== 'error') this.#lastPassMs = this.#clock.nowMs();
  }

  passes(subject: PassSubject, outcome: PassOutcome): number {
    return this.#passes.get(`${subject} ${outcome}`) ?? 0;
  }

  /** When a pass last ended well; undefined: none has. */
  get lastPassMs(): number | undefined {
    return this.#lastPassMs;
  }

  /** Returns the same port, of which it is remembered when its Lease was last found to be held. */
  watchLease<Calls extends LeaseCalls>(calls: Calls): Calls {
    return {
      ...calls,
      holdLease: async (lease) => {
        const askedMs = this.#clock.nowMs();
        const answer = await calls.holdLease(lease);
        const held = answer.kind === 'held';
        this.#leaseUntilMs = held ? askedMs + lease.durationSeconds * 1_000 : Number.NEGATIVE_INFINITY;
        return answer;
      },
      dropLease: async (lease) => {
        this.#leaseUntilMs = Number.NEGATIVE_INFINITY;
        await calls.dropLease(lease);
      },
    };
  }

  /** This worker has found the Lease to be held for its run, and that has not run out since. */
  get holdsLease(): boolean {
    return this.#clock.nowMs() < this.#leaseUntilMs;
  }
}
