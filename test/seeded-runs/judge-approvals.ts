/**
 * What the journal must say of approvals, read by its format alone: nothing is begun that nobody has approved, nothing is approved that did not
 * wait, and what nobody approves in time expires and does no more.
 */
import type { RunEvent } from '../../executor/journal.ts';
import { realPace } from '../../executor/limits.ts';
import type { JournalEntry } from '../../executor/ports.ts';
import type { DrainPlan, Step } from '../../planner/plan.ts';
import { slowServiceMs } from './give-approvals.ts';
import { entriesOf, type Stage, violate } from './stage.ts';

type Event<Kind extends RunEvent['kind']> = Extract<RunEvent, { kind: Kind }>;

/** What has been approved so far, entry by entry. */
type Approved = {
  readonly created: Event<'created'>;
  plan: DrainPlan;
  /** Names of the steps of the present plan begin with it. */
  prefix: string;
  round: number;
  /** Up to which wave; infinite: all of it. */
  upTo: number;
  waits: boolean;
  /** Since when it waits, or holds what was approved. */
  sinceMs: number;
  hasStarted: boolean;
  hasEnded: boolean;
  readonly done: Set<string>;
  /** Interruptions that took place, or may have, and were not seen to their end: they are not left to do. */
  readonly strayed: Set<string>;
  /** Lanes with an act that nobody had approved, of plans before the present one. */
  readonly late: Set<string>;
};

/** Nothing comes of an act that was taken back before it was begun. */
const cameToNothing: ReadonlySet<string> = new Set(['withdrawn', 'seen-not-done']);
/** All that is left to do for a run that was rejected or has expired. */
const takesOff: ReadonlySet<string> = new Set(['unfence', 'uncordon', 'unhold-pod']);

/** Judges the journal at the end of the run. */
export function judgeApprovals(stage: Stage): void {
  const entries = entriesOf(stage);
  const first = entries[0];
  if (first?.event.kind !== 'created') return;
  const { event: created, atMs } = first;
  const approved: Approved = {
    created,
    plan: stage.firstPlan,
    prefix: '',
    round: 1,
    upTo: created.needsApproval ? 0 : Number.POSITIVE_INFINITY,
    waits: created.needsApproval,
    sinceMs: atMs,
    hasStarted: false,
    hasEnded: false,
    done: new Set(),
    strayed: new Set(),
    late: new Set(),
  };
  for (const entry of entries.slice(1)) {
    const against = entry.lane === 'run' ? takeRun(stage, approved, entry) : takeStep(approved, entry);
    for (const sentence of against) violate(stage, `entry ${entry.sequence}: ${sentence}`);
  }
}

/** Returns what is against an entry of lane `run`. */
function takeRun(stage: Stage, approved: Approved, { event, by, atMs }: JournalEntry): readonly string[] {
  switch (event.kind) {
    case 'approved':
      return takeApproval(approved, event, by, atMs);
    case 'approval-asked':
      return takeQuestion(approved, event, atMs);
    case 'replanned':
      return takePlan(stage, approved, event, atMs);
    case 'started':
      approved.hasStarted = true;
      return approved.waits ? ['the run starts while it waits for approval'] : [];
    case 'looked':
    case 'unplanned':
      return [];
    case 'finished':
      approved.hasEnded = true;
      return toCome(approved).length > 0 ? ['finished before all of it was done'] : [];
    case 'rejected':
      approved.hasEnded = true;
      return approved.hasStarted ? ['a run that has begun is rejected, and its marks stay'] : [];
    case 'expired':
      approved.hasEnded = true;
      return takeExpiry(stage, approved, atMs);
    case 'abort-asked':
      approved.waits = false;
      return [];
    case 'act':
      if (approved.hasEnded && !takesOff.has(event.act.kind)) return [`${event.act.kind} after the end`];
      return approved.waits && !approved.hasStarted && !takesOff.has(event.act.kind)
        ? [`${event.act.kind} of a run that waits for approval`]
        : [];
    default:
      return [];
  }
}

/** Somebody else approves what waits, all of it and no more, in time, and once. */
function takeApproval(
  approved: Approved,
  { plan, wave }: Event<'approved'>,
  by: string,
  atMs: number,
): readonly string[] {
  const { created, sinceMs } = approved;
  const wanted = created.approvals === 'wave' ? nextWave(approved) : undefined;
  const against: string[] = [];
  if (!approved.waits) against.push('what does not wait is approved');
  if (by === created.requester) against.push(`${by} asked for the run and approves it`);
  if (plan !== approved.plan.id) against.push('another plan is approved than the one that waits');
  if (wave !== wanted) against.push(`wave ${wave} is approved, and ${wanted} is the next`);
  // It was in time when the service looked, which may be slow to write it.
  const endsMs = sinceMs + (created.approvalMs ?? Number.POSITIVE_INFINITY);
  if (!approved.hasStarted && atMs >= endsMs + slowServiceMs) against.push('approved when its time was over');
  approved.waits = false;
  approved.sinceMs = atMs;
  approved.upTo = wave ?? Number.POSITIVE_INFINITY;
  return against;
}

/** The next wave is asked for when all before it are done, and once. */
function takeQuestion(
  approved: Approved,
  { wave }: Event<'approval-asked'>,
  atMs: number,
): readonly string[] {
  const against: string[] = [];
  if (approved.waits) against.push('asked for approval once more');
  if (wave !== nextWave(approved)) against.push(`wave ${wave} is asked for, and is not the next`);
  const left = toCome(approved).filter((step) => step.wave <= approved.upTo);
  if (left.length > 0) against.push(`wave ${wave} is asked for while ${left[0]?.id} is not done`);
  approved.waits = true;
  approved.sinceMs = atMs;
  return against;
}

/** Goes on by another plan; that one which interrupts more waits is judged with the new plans themselves (judge-journal.ts). */
function takePlan(
  { plans }: Stage,
  approved: Approved,
  { plan, needsApproval }: Event<'replanned'>,
  atMs: number,
): readonly string[] {
  const made = plans?.get(plan);
  const isByWave = approved.created.approvals === 'wave';
  const before = toCome(approved).filter(({ id }) => !approved.strayed.has(id));
  const { waits, hasStarted } = approved;
  approved.round += 1;
  Object.assign(approved, {
    plan: made ?? approved.plan,
    prefix: `p${approved.round}.`,
    upTo: isByWave || needsApproval ? 0 : Number.POSITIVE_INFINITY,
    waits: needsApproval,
  });
  if (needsApproval) approved.sinceMs = atMs;
  if (waits) return ['goes on by another plan while one waits for approval'];
  const mayGoOn = !needsApproval || (isByWave && !hasStarted);
  return mayGoOn || isWorse(made?.steps ?? [], before)
    ? []
    : ['a plan that is no worse than what was approved waits for approval'];
}

/** More of either kind, or another database that is down for a while. */
function isWorse(steps: readonly Step[], before: readonly Step[]): boolean {
  const downBefore = new Set(takenDown(before));
  const down = takenDown(steps);
  return (
    switchovers(steps) > switchovers(before) ||
    down.length > takenDown(before).length ||
    down.some((key) => !downBefore.has(key))
  );
}

function switchovers(steps: readonly Step[]): number {
  return steps.filter(({ kind }) => kind === 'switchover').length;
}

function takenDown(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => (step.kind === 'move' && step.outage ? [step.cluster ?? step.pod] : []));
}

/** Only what has not begun expires, and not before it said it would: a clock that is wrong may jump between the look at it and the entry. */
function takeExpiry(stage: Stage, approved: Approved, atMs: number): readonly string[] {
  const { created, hasStarted, sinceMs } = approved;
  const endsMs = sinceMs + (created.approvalMs ?? Number.POSITIVE_INFINITY);
  const against: string[] = [];
  if (hasStarted) against.push('a run that has begun expires');
  const { startMs, troubles } = stage;
  if (atMs < endsMs - 2 * troubles.clockWrongMs)
    against.push(`expires ${endsMs - atMs} ms before its time is over`);
  const lateMs = atMs - Math.max(endsMs, startMs + troubles.healAfterMs);
  if (approved.waits && lateMs > expiresWithinMs + troubles.clockWrongMs)
    against.push(`expires ${lateMs} ms after its time was over`);
  return against;
}

/** A worker looks every minute once nothing goes wrong any more. One may die or stand still right before that. */
const expiresWithinMs = 5 * 60_000;

/** By these an interruption may have taken place, though nobody saw it to its end: it is not left to do. */
const mayBeOver: ReadonlySet<string> = new Set([
  'other-target',
  'switched',
  'unknown',
  'evicted',
  'seen-done',
  'failed',
]);

/** Returns what is against an entry in the lane of a step: it acts only when its wave was approved, of its own plan. */
function takeStep(approved: Approved, { lane, event }: JournalEntry): readonly string[] {
  if (event.kind === 'done') approved.done.add(lane);
  if (event.kind === 'answer' && mayBeOver.has(event.answer)) approved.strayed.add(lane);
  if (event.kind === 'answer' && approved.late.delete(lane))
    return cameToNothing.has(event.answer) ? [] : [`${lane} has acted, and nobody had approved that`];
  if (event.kind !== 'act') return [];
  const step = stepsOf(approved).find(({ id }) => id === lane);
  if (step !== undefined && !approved.waits && !approved.hasEnded && step.wave <= approved.upTo) return [];
  // A late worker may still write into the lane of a plan before: it finds that out before it acts.
  if (step === undefined) approved.late.add(lane);
  return step === undefined ? [] : [`${lane} acts, and nobody has approved that`];
}

function stepsOf({ plan, prefix }: Approved): readonly Step[] {
  return plan.steps.map((step) => ({ ...step, id: `${prefix}${step.id}` }));
}

function toCome(approved: Approved): readonly Step[] {
  return stepsOf(approved).filter(({ id }) => !approved.done.has(id));
}

/** Undefined: there is none. */
function nextWave({ plan, upTo }: Approved): number | undefined {
  const later = plan.steps.map(({ wave }) => wave).filter((wave) => wave > upTo);
  return later.length === 0 ? undefined : Math.min(...later);
}

/**
 * Judges what sets out for the fleet: nothing before somebody has approved anything, and nothing but marks taken off once the run was rejected or
 * has expired. What Redis has lost was approved, and refused, all the same.
 */
export function judgeAsked(stage: Stage, what: string): void {
  if (!stage.needsApproval || takesOff.has(what)) return;
  const entries = entriesOf(stage);
  const isApproved = [...stage.lost, ...entries].some(({ event }) => event.kind === 'approved');
  if (!isApproved) violate(stage, `${what} is asked of the fleet, and nobody has approved anything`);
  const end = entries.find(({ event }) => event.kind === 'rejected' || event.kind === 'expired');
  // A worker that stood still between its last look at the journal and the act is no fault of its own.
  const knownMs = stage.time.nowMs() - realPace.staleAfterMs - 2_000 - 3 * stage.troubles.clockWrongMs;
  if (end !== undefined && end.atMs < knownMs)
    violate(stage, `${what} is asked of the fleet, and the run is ${end.event.kind}`);
}
