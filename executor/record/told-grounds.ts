/**
 * Grounds of decisions as they stand in the journal; grounds.ts tells them and reads them.
 */
export type Grounds = {
  /** The journal had been read up to this entry. */
  readonly upTo: number;
  /** When it was decided, by the worker's clock. */
  readonly nowMs: number;
  /** The step that decided, where the entry stands in another lane. */
  readonly step?: string;
  /** The entry of the step whose grounds were told before: only what has changed since is told. Undefined: all is told. */
  readonly like?: number;
  /** What was seen, and the pace where it is not the real one; undefined: nothing has changed. */
  readonly seen?: unknown;
};

/** What was seen last in the lane of a step: told in full, and by which entry. */
export type LastSeen = { readonly sequence: number; readonly told: Told };

export type Told = Readonly<Record<string, unknown>> & { readonly kind: string; readonly pace?: PaceTold };

/** The speed, and what else differs from the pace at that speed. */
export type PaceTold = Readonly<Record<string, unknown>>;
