/**
 * One journal entry as one line that people read: in the event stream, the page and the terminal alike.
 * Steps and waits are worded by planner/explain/; here stand only the words for what a journal adds to them.
 */
import type { Answer } from '../executor/answers.ts';
import type { Act } from '../executor/journal.ts';
import type { JournalEntry } from '../executor/ports.ts';
import { planStepOf } from '../executor/record/plan-rounds.ts';
import { stepLine } from '../planner/explain/explain-step.ts';
import {
  type DrainPlan,
  explainLeft,
  explainOutlook,
  explainReplan,
  explainWait,
  type Facts,
  type Step,
} from '../planner/index.ts';

/**
 * What an entry tells of: an act of ours, its answer (bookkeeping: only believed once it was seen), something seen, a wait,
 * a person's word, a problem, the run as a whole.
 */
export type EntrySort = 'act' | 'answer' | 'seen' | 'wait' | 'person' | 'problem' | 'run';

export type EntryLine = {
  readonly sequence: number;
  /** RFC 3339 */
  readonly at: string;
  readonly by: string;
  readonly sort: EntrySort;
  /** The sentence alone. */
  readonly words: string;
  /** The whole line with its time, for terminals and logs. */
  readonly text: string;
  /** Id of the step, null for the run as a whole. */
  readonly step: string | null;
  /** Of an answer that is not plainly a success: what became of the act before it. */
  readonly outcome?: string;
};

/** The line of one entry. `plan` is the one that the run carried out then; undefined: steps are called by their id. */
export function explainEntry(entry: JournalEntry, plan: DrainPlan | undefined): EntryLine {
  const { step: id } = planStepOf(entry.lane);
  const step = plan === undefined ? undefined : stepsById(plan).get(id);
  const about = step === undefined ? (entry.lane === 'run' ? 'the run' : entry.lane) : shortStep(step);
  const { sort, text } = sentence(entry, about);
  const at = new Date(entry.atMs).toISOString();
  return {
    sequence: entry.sequence,
    at,
    by: entry.by,
    sort,
    words: text,
    text: `${at.slice(11, 19)}Z  ${sort.padEnd(7)}  ${text}`,
    step: entry.lane === 'run' ? null : entry.lane,
    ...outcomeOf(entry),
  };
}

/** A stream tells of a hundred thousand entries of a plan with tens of thousands of steps. */
function stepsById(plan: DrainPlan): ReadonlyMap<string, Step> {
  const known = stepsKnown.get(plan) ?? new Map(plan.steps.map((step) => [step.id, step]));
  stepsKnown.set(plan, known);
  return known;
}

const stepsKnown = new WeakMap<DrainPlan, ReadonlyMap<string, Step>>();

function sentence(entry: JournalEntry, about: string): { sort: EntrySort; text: string } {
  const { event, by } = entry;
  switch (event.kind) {
    case 'created':
      return {
        sort: 'person',
        text: `${event.requester} asked for a run${event.needsApproval ? ', which waits for approval' : ''}`,
      };
    case 'approved':
      return {
        sort: 'person',
        text: `${by} approved ${event.wave === undefined ? '' : `wave ${event.wave} of `}plan ${shortId(event.plan)}${quoted(event.comment)}`,
      };
    case 'approval-asked':
      return { sort: 'run', text: `the run waits for approval of wave ${event.wave}` };
    case 'expired':
      return { sort: 'run', text: 'the run expired: not approved, or not started, in time' };
    case 'rejected':
      return { sort: 'person', text: `${by} rejected the run${quoted(event.comment)}` };
    case 'started':
      return { sort: 'run', text: 'the run started' };
    case 'start-awaited':
      return { sort: 'wait', text: explainWait(event.because) };
    case 'looked':
      return { sort: 'run', text: 'the fleet was looked at again: the rest of the plan still stands' };
    case 'pause-asked':
      return { sort: 'person', text: `${by} paused the run; what is under way is finished first` };
    case 'paused':
      return { sort: 'run', text: 'the run is paused, no act is under way' };
    case 'resumed':
      return { sort: 'person', text: `${by} resumed the run` };
    case 'abort-asked':
      return { sort: 'person', text: `${by} aborted the run; what is under way is finished first` };
    case 'aborted':
      return {
        sort: 'run',
        text: [`the run is aborted; ${releasedWords(event.facts)}`, ...explainLeft(event.facts)].join('; '),
      };
    case 'halted':
      return { sort: 'problem', text: `the run halted: ${explainWait(event.because)}` };
    case 'replanning':
      return {
        sort: event.outlook === 'looking' ? 'wait' : 'problem',
        text: explainOutlook({ kind: event.outlook, because: event.because }),
      };
    case 'replanned':
      return {
        sort: 'run',
        text: `${event.facts.why === undefined ? 'goes on' : 'begins'} by plan ${shortId(event.plan)}${event.needsApproval ? ' once it is approved' : ''}${withoutNodes(event.skipped)}: ${explainReplan(event.facts)}`,
      };
    case 'finished':
      return { sort: 'run', text: 'the run is finished' };
    case 'unplanned':
      return {
        sort: 'problem',
        text: `unplanned role change of ${event.cluster}: ${event.from} -> ${event.to}, not by this run`,
      };
    case 'act':
      return { sort: 'act', text: `${about}: ${actWords(event.act)}` };
    case 'answer':
      return {
        sort: 'answer',
        text: `${about}: ${event.act} was answered ${event.answer}${listed(event.facts)}`,
      };
    case 'waiting':
      return { sort: 'wait', text: `${about}: ${explainWait(event.because)}${onceMore(event.extension)}` };
    case 'blocked':
      return {
        sort: 'wait',
        text: `${about}: blocked, ${explainWait(event.because)}${onceMore(event.extension)}`,
      };
    case 'bound':
      return { sort: 'seen', text: `${event.node} came for ${event.planNode}` };
    case 'done':
      return { sort: 'seen', text: `${about}: done${doneWords(event.facts)}` };
    case 'failed':
      return { sort: 'problem', text: `${about}: failed, ${explainWait(event.because)}` };
  }
}

/** What an act does, in words. */
export function actWords(act: Act): string {
  switch (act.kind) {
    case 'fence':
      return `fences ${act.node}`;
    case 'unfence':
      return `takes the fence off ${act.node}`;
    case 'cordon':
      return `cordons ${act.node}`;
    case 'uncordon':
      return `takes the cordon off ${act.node}`;
    case 'mark-released':
      return `marks ${act.node} as released`;
    case 'want-node':
      return `asks the pipeline for ${act.planNode} in ${act.zone}`;
    case 'node-released':
      return `tells the pipeline that ${act.node} is released`;
    case 'evict':
      return `evicts ${act.namespace}/${act.name}`;
    case 'hold-pod':
      return `keeps others from disrupting ${act.namespace}/${act.name} while the run goes on`;
    case 'unhold-pod':
      return `takes the hold off ${act.namespace}/${act.name}`;
    case 'switchover':
      return `asks Patroni on ${act.leader} to hand over to ${act.candidate}, timeline ${act.timeline}`;
    case 'scale':
      return `sets ${act.namespace}/${act.name} to ${act.replicas} replicas`;
  }
}

/** The first eight digits: ids are long hashes, and this is what people compare. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** What a step does, without its notes: `move default/acid-a-1 n2 -> new-z2-1`. */
export function shortStep(step: Step): string {
  const { kind, subject, path } = stepLine(step);
  return [kind, subject, path].filter((part) => part !== '').join(' ');
}

function outcomeOf({ event }: JournalEntry): Pick<EntryLine, 'outcome'> {
  const words = event.kind === 'answer' ? outcomes.get(event.answer) : undefined;
  return words === undefined ? {} : { outcome: words };
}

/** Answers of an act that did not plainly do what it was to do. */
const outcomes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    conflict: 'not done: somebody else changed it in between; looked at again',
    replaced: 'not done: the pod of that name is another one now',
    budget: 'not done: its disruption budget allowed none; asked again later',
    forbidden: 'not done: it was forbidden',
    'other-target': 'another member took over than the one asked for',
    'not-done': 'not done: the answer was no',
    unknown: 'the answer left open whether it is done',
    failed: 'no answer: it may be done or not',
    withdrawn: 'not begun after all',
    'seen-not-done': 'not done, as was seen later',
  } satisfies Partial<Record<Answer, string>>),
);

/** Nodes that were released before the abort: they are not taken back. */
function releasedWords({ released, releasedCount }: Facts): string {
  const names = Array.isArray(released) ? released.map(String) : [];
  const more = Number(releasedCount ?? names.length) - names.length;
  if (names.length === 0) return more > 0 ? `${more} nodes were released before` : 'no node was released';
  const all = `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `${all} ${names.length + more === 1 ? 'was' : 'were'} released before`;
}

function withoutNodes(skipped: readonly string[] = []): string {
  return skipped.length === 0 ? '' : ` without ${skipped.join(', ')}`;
}

function onceMore(extension: number | undefined): string {
  return extension === undefined
    ? ''
    : `; its deadline has passed, it is waited for as long again (${extension})`;
}

function quoted(comment: string | undefined): string {
  return comment === undefined || comment === '' ? '' : `: "${comment}"`;
}

/** What was seen when a step was done: the new primary and its timeline, or where the pod stands now. */
function doneWords(facts: Facts): string {
  const { to, timeline, timelineBefore, node, pod } = facts;
  if (to !== undefined && timeline !== undefined) {
    return `, ${to} is primary, timeline ${timelineBefore ?? '?'} -> ${timeline}`;
  }
  return pod !== undefined && node !== undefined ? `, ${pod} stands on ${node}` : '';
}

function listed(facts: Facts): string {
  const pairs = Object.entries(facts).map(([name, fact]) => `${name} ${String(fact)}`);
  return pairs.length === 0 ? '' : ` (${pairs.join(', ')})`;
}
