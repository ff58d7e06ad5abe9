/**
 * What a run tells the fleet (notes of Kubernetes Events) and people (notices), as sentences. The codes are the executor's
 * (executor/news-codes.ts); a test keeps the lists equal.
 */

import type { Because, Facts } from '../plan.ts';
import { bareCode } from './explain-because.ts';
import { explainLeft, removedWords } from './explain-left.ts';
import { counted, fact, numberFact } from './explain-words.ts';

type Sentence = (facts: Facts) => string;

const events: Readonly<Record<string, Sentence>> = {
  fenced: (f) => `fenced by ${run(f)}, no new pod lands here${why(f)}`,
  unfenced: (f) => `the fence of ${run(f)} is taken off`,
  cordoned: (f) => `cordoned by ${run(f)}${why(f)}`,
  uncordoned: (f) => `the cordon of ${run(f)} is taken off`,
  evicted: (f) => `${fact(f, 'pod', 'a pod')} was evicted by ${run(f)}${why(f)}`,
  'switched-over': (f) =>
    `${run(f)} switched ${fact(f, 'cluster', 'a cluster')} over: ${fact(f, 'from', 'primary')} -> ${fact(f, 'to', 'candidate')}${why(f)}`,
  released: (f) => `released by ${run(f)}: empty, closed and without volumes; it may be taken away`,
  'hold-refused': (f) =>
    `${run(f)} may not hold ${fact(f, 'pod', 'a pod')} against disruption by others and goes on without${told(f, 'message')}`,
  'run-halted': (f) => `${run(f)} halted: ${fact(f, 'reason', 'its reason is unknown')}`,
};

const notices: Readonly<Record<string, Sentence>> = {
  'approval-wanted': (f) =>
    `${run(f)} waits for approval by somebody else than ${fact(f, 'requester', 'who asked')}`,
  started: (f) => `${run(f)} started`,
  paused: (f) => `${run(f)} is paused, no act is under way`,
  halted: (f) => `${run(f)} HALTED, waits for you`,
  replanning: (f) => `${run(f)} halted and looks for a new plan by itself`,
  replanned: (f) => `${run(f)} goes on by a new plan that interrupts no more`,
  'unplanned-role-change': (f) =>
    `UNPLANNED ROLE CHANGE of ${fact(f, 'cluster', 'a cluster')}: ${fact(f, 'from')} -> ${fact(f, 'to')}, not by ${run(f)}`,
  'deadline-near': (f) =>
    `${run(f)} ${willDo(f)} at ${fact(f, 'deadline', 'its deadline')} if nothing changes`,
  'deadline-extended': (f) =>
    `${run(f)} has waited until its deadline and waits on until ${fact(f, 'deadline', 'another one')} (${fact(f, 'extension', 'once')} of at most 3 times)`,
  'node-skipped': (f) =>
    `${run(f)} LEAVES OUT ${fact(f, 'skipped', 'a node')} and goes on by a new plan; what stands there stays`,
  finished: (f) => `${run(f)} is finished`,
  aborted: (f) => `${run(f)} is aborted: ${removedWords(f, 'its')}`,
  rejected: (f) => `${run(f)} was rejected by ${fact(f, 'by', 'somebody')}, nothing was begun`,
  expired: (f) => `${run(f)} expired: it was not approved, or not started, in time`,
};

/** Every code that has a sentence here. */
export const explainedEvents: readonly string[] = Object.keys(events);
export const explainedNotices: readonly string[] = Object.keys(notices);

/** The note of an Event in one sentence; an unknown code is shown as it is, with its facts. */
export function explainEvent(because: Because): string {
  return events[because.code]?.(because.facts) ?? bareCode(because);
}

/**
 * A notice as people read it, enough to decide whether to get up: who and what first, then how far the run is, the reason
 * and the command that tells more. A line each; no secret and no log in it.
 */
export function explainNotice(because: Because): string {
  const { facts } = because;
  const sentence = notices[because.code]?.(facts) ?? bareCode(because);
  const reasons = [fact(facts, 'reason', ''), ...explainLeft(facts)].filter((words) => words !== '');
  return [
    `[${fact(facts, 'fleet', 'fleet')}] ${sentence}. ${soFar(facts)}.`,
    ...reasons,
    `switchyard run status ${fact(facts, 'run', '')}`,
  ].join('\n');
}

function willDo(facts: Facts): string {
  switch (facts.follows) {
    case 'wait':
      return 'waits on beyond its deadline';
    case 'skip-node':
      return 'leaves a node out';
    case 'replan':
      return 'looks for a new plan';
    default:
      return 'halts';
  }
}

function soFar(facts: Facts): string {
  const count = (name: string): number => numberFact(facts, name) ?? 0;
  const unplanned = count('unplanned');
  const hurt = unplanned === 0 ? 'no unplanned role change' : counted(unplanned, 'unplanned role change');
  return `${count('switchovers')} of ${counted(count('switchoversPlanned'), 'switchover')} done, ${hurt}, ${count('released')} of ${counted(count('nodes'), 'node')} released`;
}

function run(facts: Facts): string {
  return `run ${fact(facts, 'run')}`;
}

function told(facts: Facts, name: string): string {
  const words = fact(facts, name, '');
  return words === '' ? '' : `: ${words}`;
}

function why(facts: Facts): string {
  const words = fact(facts, 'why', '');
  return words === '' ? '' : `: ${words}`;
}
