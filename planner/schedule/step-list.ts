/**
 * The list a plan grows in. It stands in an order that is legal one by one; `after` is made of keys: what two steps both
 * touch is a key, and the later one waits for the earlier one.
 */

import type { Step } from '../plan.ts';
import { stepSeconds } from './estimate.ts';

/** A step before it has an id and a place. */
export type StepDraft = Step extends infer Each
  ? Each extends Step
    ? Omit<Each, 'id' | 'after' | 'wave' | 'estimateSeconds'>
    : never
  : never;

export type Ties = {
  /** Comes after the last step under each of these keys, and is the last itself then. */
  readonly chains?: readonly string[];
  /** Comes after every step under these keys. */
  readonly after?: readonly string[];
  /** Stands under these keys beside others. */
  readonly marks?: readonly string[];
};

export type StepList = {
  readonly steps: Step[];
  readonly under: Map<string, readonly string[]>;
  wave: number;
};

/** Returns an empty list before its first wave. */
export function openStepList(): StepList {
  return { steps: [], under: new Map(), wave: 1 };
}

/** Returns a copy that can be tried on and thrown away. */
export function copyStepList(list: StepList): StepList {
  return { steps: [...list.steps], under: new Map(list.under), wave: list.wave };
}

/** Appends a step with the dependencies its ties ask for; returns its id. */
export function appendStep(list: StepList, draft: StepDraft, ties: Ties, volumeBytes?: number): string {
  const id = `s${list.steps.length + 1}`;
  const { chains = [], after = [], marks = [] } = ties;
  const waitsFor = new Set([...after, ...chains].flatMap((key) => list.under.get(key) ?? []));
  // Everything waits for the closing of the nodes; who waits for anybody else waits for it through them.
  if (waitsFor.size > 1) for (const closing of list.under.get('closed') ?? []) waitsFor.delete(closing);
  const place = {
    id,
    after: [...waitsFor].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
    wave: list.wave,
    estimateSeconds: stepSeconds(draft, volumeBytes),
  };
  list.steps.push({ ...draft, ...place });
  for (const key of chains) list.under.set(key, [id]);
  for (const key of marks) list.under.set(key, [...(list.under.get(key) ?? []), id]);
  return id;
}

/** Makes `key` mean what stands under `other` now, so that later steps wait for exactly these. */
export function keepUnder(list: StepList, key: string, other: string): void {
  list.under.set(key, list.under.get(other) ?? []);
  list.under.delete(other);
}
