/**
 * No primary is interrupted outside of its cluster's window, by the true clock, nor so late that it cannot be over when that closes; and a
 * window that was closed meanwhile uses up no deadline. When it is open is known from how it was drawn: nothing is read, and nobody asked.
 */
import { realPace } from '../../executor/limits.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import type { MoveStep, Step, SwitchoverStep } from '../../planner/plan.ts';
import type { Opening } from './draw-windows.ts';
import type { Act } from './judge-journal.ts';
import { entriesOf, everWritten, type Stage, violate } from './stage.ts';

type Interruption = MoveStep | SwitchoverStep;
type Wait = Extract<JournalEntry['event'], { readonly deadlineMs: number }>;

/** Less than that is left for nothing: a switchover takes some 15 s, and what it was decided on may be 10 s old. */
const shortestMs = 30_000;
/** Long enough for a look at the step, whatever stands still or dies meanwhile. */
const noticedAfterMs = 4 * 60_000;

/** Judges a switchover of the cluster, or an eviction of its primary, that set out at `askedMs`. */
export function judgeInWindow(
  stage: Stage,
  cluster: string,
  askedMs: number,
  isIt: (act: Act) => boolean,
): void {
  const window = stage.windows.get(cluster);
  if (window === undefined) return;
  const { clockWrongMs } = stage.troubles;
  const neededMs = neededFor(stepOf(stage, isIt));
  // Before it sets out it is looked at and written down, for as long as a look is valid; meanwhile a wrong clock may jump, twice.
  const lateMs = realPace.staleAfterMs + 2_000 + 3 * clockWrongMs;
  const isInside = window.openings.some(
    ({ opensMs, closesMs }) =>
      closesMs - opensMs >= neededMs &&
      opensMs - clockWrongMs <= askedMs &&
      askedMs <= closesMs - neededMs + lateMs,
  );
  if (!isInside)
    violate(stage, `${cluster} is interrupted outside of its window ${window.text}, or too late in it`);
}

/** The step that such an act was last begun for. */
function stepOf(stage: Stage, isIt: (act: Act) => boolean): Step | undefined {
  const own = everWritten(stage).findLast(({ event }) => event.kind === 'act' && isIt(event.act));
  return stage.plan.steps.find(({ id }) => id === own?.lane);
}

function neededFor(step: Step | undefined): number {
  return Math.max(shortestMs, 1_000 * (step?.estimateSeconds ?? 0));
}

/** Judges the journal at the end of the run. */
export function judgeWindows(stage: Stage): void {
  if (stage.windows.size === 0) return;
  const entries = entriesOf(stage);
  for (const step of stage.plan.steps) {
    if (!isInterruption(step)) continue;
    const { openings } = stage.windows.get(step.cluster ?? '') ?? {};
    if (openings === undefined) continue;
    const lane = entries.filter((entry) => entry.lane === step.id);
    judgeWords(stage, step, lane, openings);
    judgeAnswered(stage, step, lane);
    judgeDeadlines(stage, step, entries, openings);
  }
}

function isInterruption(step: Step): step is Interruption {
  return step.kind === 'switchover' || (step.kind === 'move' && step.outage);
}

/** Whoever is told when a window opens is told the truth: the first opening that is long enough. */
function judgeWords(
  stage: Stage,
  step: Interruption,
  lane: readonly JournalEntry[],
  openings: readonly Opening[],
): void {
  const neededMs = neededFor(step);
  const { clockWrongMs } = stage.troubles;
  for (const { event, atMs } of lane) {
    if (!isWait(event) || event.because.code !== 'window-closed') continue;
    const said = Date.parse(String(event.because.facts.opens));
    const next = openings.filter(({ opensMs, closesMs }) => closesMs - opensMs >= neededMs);
    const isNext = next.some(
      ({ opensMs }, index) =>
        opensMs === said &&
        atMs < opensMs + realPace.staleAfterMs + 2 * clockWrongMs &&
        (next[index - 1]?.closesMs ?? 0) - neededMs < atMs + 2 * clockWrongMs,
    );
    if (!isNext)
      violate(stage, `${step.id} waits for ${event.because.facts.opens}, which is not its next opening`);
  }
}

/** Whoever waits for a window, for days as it may be, has said what came of what it did: all others wait for that. */
function judgeAnswered(stage: Stage, step: Interruption, lane: readonly JournalEntry[]): void {
  lane.forEach(({ event }, index) => {
    if (!isWait(event) || event.because.code !== 'window-closed') return;
    const last = lane
      .slice(0, index)
      .findLast((entry) => ['act', 'answer'].includes(entry.event.kind))?.event;
    const isOpen = last?.kind === 'act';
    const isUnclear = last?.kind === 'answer' && ['unknown', 'switched'].includes(last.answer);
    if (isOpen || isUnclear)
      violate(stage, `${step.id} waits for its window, and others for what came of its last act`);
  });
}

function isWait(event: JournalEntry['event']): event is Wait {
  return event.kind === 'blocked';
}

/**
 * What stands in the way of an interruption has all its time again each time that the window opens. Of what is waited for whatever the
 * window says (a leader, what came of an act) the deadline runs all the same: it is not `blocked`.
 */
function judgeDeadlines(
  stage: Stage,
  step: Interruption,
  entries: readonly JournalEntry[],
  openings: readonly Opening[],
): void {
  for (const { event, atMs, sequence } of entries) {
    if (event.kind !== 'halted' || event.because.code !== 'deadline-passed') continue;
    const { facts } = event.because;
    if (facts.step !== step.id) continue;
    const waits = entries.filter(
      (entry) =>
        entry.lane === step.id &&
        entry.sequence < sequence &&
        isWait(entry.event) &&
        entry.event.because.code === facts.waitedFor,
    );
    const since = sinceWhen(waits);
    const closedMs = since === undefined ? 0 : longestClosed(openings, since, atMs);
    if (closedMs > noticedAfterMs + 2 * stage.troubles.clockWrongMs)
      violate(
        stage,
        `the deadline of ${facts.waitedFor} passes for ${step.id}, whose window was closed for ${closedMs} ms of it`,
      );
  }
}

/** The first that gave the deadline which the last one gave. */
function sinceWhen(waits: readonly JournalEntry[]): number | undefined {
  const deadlineOf = ({ event }: JournalEntry): number | undefined =>
    isWait(event) ? event.deadlineMs : undefined;
  const last = waits.at(-1);
  return last === undefined ? undefined : waits.find((wait) => deadlineOf(wait) === deadlineOf(last))?.atMs;
}

/** The longest stretch between two moments in which it was closed. */
function longestClosed(openings: readonly Opening[], fromMs: number, toMs: number): number {
  let [longest, closedSince] = [0, fromMs];
  for (const { opensMs, closesMs } of openings) {
    if (closesMs <= fromMs) continue;
    longest = Math.max(longest, Math.min(opensMs, toMs) - closedSince);
    closedSince = Math.max(closedSince, closesMs);
  }
  return longest;
}
