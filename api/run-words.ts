/**
 * The sentences about a run as a whole: its verdict, why it stands still, what it waits for and until when, what a person may decide. Pure.
 * Codes are worded by planner/explain/; here stand only the words for what a run adds to them.
 */
import { hasEnded } from '../executor/record/run-states.ts';
import type { Run, RunState, RunSummary } from '../executor/run.ts';
import { explainLeft, explainOutlook, explainWait } from '../planner/index.ts';
import { shortId } from './explain-entry.ts';
import { tookSeconds, tookWords } from './run-result.ts';

/** What a run as a whole waits for, where it is not a step that waits. */
export type RunStand = { readonly waiting: string; readonly since?: string; readonly until: string };

/** One sentence that is true at this moment; it leads with the state of the run. */
export function verdict(run: RunSummary): string {
  const { done, planned, unplanned, released, nodes, outages } = run.counts;
  const hurt = unplanned === 0 ? 'no unplanned role change' : counted(unplanned, 'unplanned role change');
  if (run.state === 'finished') {
    const instead = done === planned ? '' : ` instead of ${planned}`;
    const cost = `${counted(done, 'switchover')}${instead}, ${hurt}, ${outages === 0 ? 'no outage' : counted(outages, 'outage')}`;
    return `Finished${after(run)}: ${released} of ${counted(nodes, 'node')} released with ${cost}${leftOut(run)}.`;
  }
  const state = hasEnded(run.state)
    ? `${stateWords[run.state]}${byWhom(run)}${after(run)}`
    : stateWordsOf(run);
  const switchovers = `${done} of ${counted(planned, 'switchover')} done`;
  const sentence = `${state}: ${switchovers}, ${hurt}, ${released} of ${counted(nodes, 'node')} released${leftOut(run)}.`;
  return [sentence, ...leftLines(run).map((line) => `${line}.`)].join(' ');
}

/** What an aborted run has left that somebody has to look after, a line each. */
export function leftLines({ state, because }: RunSummary): readonly string[] {
  return state === 'aborted' ? explainLeft(because.facts) : [];
}

/** Always said: whoever reads that all is done must know what was not. */
function leftOut({ skipped = [] }: RunSummary): string {
  return skipped.length === 0 ? '' : `; LEFT OUT ${skipped.map(({ node }) => node).join(', ')}`;
}

function after(run: RunSummary): string {
  const took = tookSeconds(run);
  return took === undefined ? '' : ` after ${tookWords(took)}`;
}

/** Whose word a run came to that state by; empty where it was nobody's. */
function byWhom({ state, because: { facts } }: RunSummary): string {
  if (!['pausing', 'paused', 'aborting', 'aborted', 'rejected'].includes(state)) return '';
  const reason = facts.comment === undefined || facts.comment === '' ? '' : ` ("${facts.comment}")`;
  return facts.by === undefined ? '' : ` by ${facts.by}${reason}`;
}

const stateWords: Readonly<Record<RunState, string>> = {
  'waiting-for-approval': 'Waits for approval',
  'waiting-for-window': 'Waits for a window to open',
  running: 'Running',
  pausing: 'Pausing, what is under way is finished first',
  paused: 'Paused',
  halted: 'Halted, waits for you',
  aborting: 'Aborting, what is under way is finished first',
  finished: 'Finished',
  aborted: 'Aborted',
  rejected: 'Rejected',
  expired: 'Expired without approval',
};

function stateWordsOf({ state, because, outlook }: RunSummary): string {
  if (isToBegin(because)) return 'Waits to begin';
  return outlook?.kind === 'looking' ? 'Halted, looks for a new plan' : stateWords[state];
}

/** Why the run stands where it is, or who brought it there; undefined: its steps say all there is. */
export function becauseOf(run: RunSummary): string | undefined {
  if (run.state === 'pausing' || run.state === 'paused' || run.state === 'aborting') {
    return `${stateWords[run.state].split(',')[0]}${byWhom(run)}`;
  }
  if (!standsStill(run)) return undefined;
  const words = explainWait(run.because);
  return run.outlook === undefined ? words : `${words}; ${explainOutlook(run.outlook)}`;
}

function standsStill({ state, because, approvalWanted }: RunSummary): boolean {
  const waitsInTheMiddle = approvalWanted?.wave !== undefined || because.facts.plan !== undefined;
  const waits = state === 'waiting-for-approval' && waitsInTheMiddle;
  return state === 'halted' || state === 'waiting-for-window' || waits || isToBegin(because);
}

/** A run says of itself that a server is in trouble only before its start; later its steps do. */
function isToBegin({ code }: RunSummary['because']): boolean {
  return code === 'start-awaited' || code === 'outside-trouble';
}

/** What the run as a whole waits for; undefined: what its steps wait for. */
export function standOf(run: RunSummary): RunStand | undefined {
  const since = run.since === undefined ? {} : { since: run.since };
  switch (run.state) {
    case 'waiting-for-approval':
      return {
        waiting: `for approval by somebody other than ${run.requester}`,
        ...since,
        until: untilApproved(run),
      };
    case 'halted':
      return run.outlook?.kind === 'looking'
        ? { waiting: 'for a new plan', ...since, until: 'one is found, or the search is given up' }
        : { waiting: 'for somebody to resume or abort it', ...since, until: untilDecided };
    case 'paused':
      return { waiting: 'for somebody to resume or abort it', ...since, until: untilDecided };
    default:
      return undefined;
  }
}

const untilDecided = 'somebody decides; meanwhile no deadline runs';

function untilApproved({ approvalWanted, startedAt }: RunSummary): string {
  const { expires } = approvalWanted ?? {};
  if (expires !== undefined) return `${dayAndTime(expires)}, then the run expires`;
  return `somebody ${startedAt === undefined ? 'approves or rejects it' : 'approves or aborts it'}; no deadline runs`;
}

/** What the buttons do, where somebody has to decide. */
export function choicesOf(run: Run): string | undefined {
  if (run.state === 'halted' && run.outlook?.kind === 'looking') {
    return 'Nothing is begun until a new plan is found. Where it interrupts no more than what was left, the run goes on by itself; Abort takes the fences and cordons of this run off.';
  }
  return run.state === 'waiting-for-approval' ? approvalChoices(run) : choiceWords[run.state];
}

const choiceWords: Readonly<Partial<Record<RunState, string>>> = {
  halted:
    'Nothing is begun until somebody decides, and both are safe. Resume looks at everything anew and goes on; while its reason is there it halts again. Abort takes the fences and cordons of this run off; what is done stays done.',
  paused:
    'Nothing is begun until somebody decides. Resume goes on; Abort takes the fences and cordons of this run off.',
};

function approvalChoices({ startedAt, because, approvalWanted }: Run): string {
  const hasNewPlan = because.facts.plan !== undefined;
  const isBeforeStart = because.facts.why !== undefined;
  if (hasNewPlan && !isBeforeStart) {
    return 'The run has begun, and its fences stand. Read the new plan before you decide; Abort ends the run and takes its fences and cordons off.';
  }
  if (startedAt !== undefined) {
    return 'Nothing is begun until somebody decides. The waves before are done; Abort takes the fences and cordons of this run off.';
  }
  const expires = approvalWanted?.expires;
  const until = expires === undefined ? '' : ` It expires at ${dayAndTime(expires)}.`;
  return `Nothing was touched yet. Read the ${hasNewPlan ? 'new plan' : 'plan'} before you decide.${until}`;
}

/** Role changes that were not of the run, each in a line that stays when the run has gone on. */
export function unplannedLines({
  unplanned = [],
  planIds = [],
  planId,
  state,
}: RunSummary): readonly string[] {
  const goesOn = planIds.length > 1 && state !== 'halted' && !hasEnded(state);
  const next = goesOn ? `; the run goes on by plan ${shortId(planId)}` : '';
  return unplanned.map(
    ({ cluster, from, to, at }) =>
      `Unplanned: ${cluster} ${from} -> ${to} at ${at.slice(11, 19)}Z, not by this run${next}`,
  );
}

/** `2026-12-01 16:49Z`: the day counts, for it may be far off. */
export function dayAndTime(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;
}

/** `1 node`, `2 nodes`. */
export function counted(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
