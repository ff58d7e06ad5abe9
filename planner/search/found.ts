/**
 * What a search for a plan comes to.
 */
import type { Refusal } from '../plan.ts';
import type { WavesBound } from '../prove/bound-waves.ts';
import type { Bounds } from '../prove/bounds.ts';
import type { Attempt } from './attempt.ts';
import type { Cost } from './cost.ts';

export type Found = Tried & {
  readonly refusals: readonly Refusal[];
  /** Nodes left alone, by number. */
  readonly refused: ReadonlySet<number>;
};

/** The best attempt of all ways that were tried. */
export type Tried = {
  readonly attempt: Attempt;
  readonly cost: Cost;
  readonly bounds: Bounds;
  readonly wavesBound: WavesBound;
  /** Every order was tried, and none empties the nodes. */
  readonly impossible: boolean;
};
