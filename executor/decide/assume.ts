/** A broken assumption of ours. It halts the run where it is and changes nothing more. */
export class AssumptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssumptionError';
  }
}

/** Throws an AssumptionError with `claim` unless it holds. */
export function assume(holds: boolean, claim: string): asserts holds {
  if (!holds) {
    throw new AssumptionError(claim);
  }
}
