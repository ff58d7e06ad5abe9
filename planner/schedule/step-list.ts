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

/** Step numbers under one key, the last first. Never changed, so that copies of a list share them and grow at no cost. */
export type Marked = { readonly number: number; readonly others: Marked | undefined };

export type StepList = {
  readonly steps: Step[];
  readonly under: Map<string, Marked>;
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

/** Appends a step with the dependencies its ties ask for. */
export function appendStep(list: StepList, draft: StepDraft, ties: Ties, volumeBytes?: number): void {
  const number = list.steps.length + 1;
  const { chains = [], after = [], marks = [] } = ties;
  const waitsFor = new Set<number>();
  for (const key of after) addAll(waitsFor, list.under.get(key));
  for (const key of chains) addAll(waitsFor, list.under.get(key));
  // Everything waits for the closing of the nodes; who waits for anybody else waits for it through them.
  if (waitsFor.size > 1) {
    for (let closing = list.under.get('closed'); closing !== undefined; closing = closing.others)
      waitsFor.delete(closing.number);
  }
  const place = {
    id: `s${number}`,
    after: [...waitsFor].sort((a, b) => a - b).map((each) => `s${each}`),
    wave: list.wave,
    estimateSeconds: stepSeconds(draft, volumeBytes),
  };
  list.steps.push({ ...draft, ...place });
  for (const key of chains) list.under.set(key, { number, others: undefined });
  for (const key of marks) list.under.set(key, { number, others: list.under.get(key) });
}

/** Returns what stands under any of these keys, which mean nothing any more; undefined: nothing. */
export function takeMarks(list: StepList, keys: readonly string[]): Marked | undefined {
  const numbers = new Set<number>();
  for (const key of keys) {
    addAll(numbers, list.under.get(key));
    list.under.delete(key);
  }
  let marked: Marked | undefined;
  for (const number of numbers) marked = { number, others: marked };
  return marked;
}

/** Makes a key mean exactly these steps. */
export function setMarks(list: StepList, key: string, marked: Marked | undefined): void {
  if (marked === undefined) list.under.delete(key);
  else list.under.set(key, marked);
}

function addAll(numbers: Set<number>, from: Marked | undefined): void {
  for (let marked = from; marked !== undefined; marked = marked.others) numbers.add(marked.number);
}
