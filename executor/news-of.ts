/**
 * Pure: which entries of a journal are worth telling, and what of them. Everything told comes from the journal and the plan,
 * after it was written there: a run never waits for anybody to hear of it.
 */
import { explainBecause } from '../planner/explain/explain-because.ts';
import { explainOutlook, explainReplan, explainWait } from '../planner/explain/explain-wait.ts';
import type { Because, Facts, Step } from '../planner/plan.ts';
import { mayBeMended } from './decide/judge-new-plan.ts';
import { onDeadlineOf } from './decide/when-deadline-passes.ts';
import type { Act, RunEvent } from './journal.ts';
import type { EventCode, NoticeCode } from './news-codes.ts';
import type { EventObject, JournalEntry } from './ports.ts';
import { countRun } from './record/count-run.ts';
import type { LaneAct } from './record/lane.ts';
import type { RunFold } from './record/run-fold.ts';
import { hasBegun } from './record/run-states.ts';

export type News = {
  /** The same however often it is told: run and place in its journal. */
  readonly id: string;
  readonly atMs: number;
  readonly by: string;
  readonly event?: Because<EventCode> & { readonly about: readonly EventObject[] };
  readonly notice?: Because<NoticeCode>;
};

/** A halt without a step is told on so many nodes that the run still has to give back. */
const haltedNodesMax = 20;

/** A deadline is near when this share of the wait is left, and no sooner than so long before it. */
const nearShare = 1 / 4;
const nearMs = 10 * 60_000;

/** Returns what there is to tell of `entry`; undefined: nothing. `before` is the entry before it; `fold` has both and may have more. */
export function newsOf(
  fold: RunFold,
  entry: JournalEntry,
  before: JournalEntry | undefined,
): News | undefined {
  const event = eventOf(fold, entry, before);
  const notice = noticeOf(fold, entry);
  if (event === undefined && notice === undefined) {
    return undefined;
  }
  return {
    id: `${fold.runId}.${entry.sequence}`,
    atMs: entry.atMs,
    by: entry.by,
    ...(event === undefined ? {} : { event }),
    ...(notice === undefined ? {} : { notice }),
  };
}

/** Returns what is about to stop the run or to change its way: waits that are nearly used up. Each is told once, as its id says. */
export function deadlinesNear(fold: RunFold, nowMs: number): readonly News[] {
  if (fold.state !== 'running') {
    return [];
  }
  const near: News[] = [];
  for (const lane of fold.lanes.values()) {
    const { step, wait, done } = lane;
    // While a window is closed no deadline runs.
    if (wait === undefined || done !== undefined || wait.because.code === 'window-closed') {
      continue;
    }
    const { deadlineMs, sinceMs, because } = wait;
    const leftMs = deadlineMs - nowMs;
    if (leftMs > Math.min(nearMs, (deadlineMs - sinceMs) * nearShare)) {
      continue;
    }
    const deadline = new Date(deadlineMs).toISOString();
    const follows = onDeadlineOf(fold, lane, because.code);
    const facts = { ...factsOf(fold), deadline, follows, reason: explainWait(because) };
    const id = `${fold.runId}.deadline.${step.id}.${because.code}.${deadlineMs}`;
    near.push({ id, atMs: nowMs, by: '', notice: { code: 'deadline-near', facts } });
  }
  return near;
}

function noticeOf(fold: RunFold, { event, by }: JournalEntry): News['notice'] {
  // Counted only where there is something to tell: most entries are acts and answers, and a plan has tens of thousands of steps.
  const facts = (): Facts => factsOf(fold);
  switch (event.kind) {
    case 'created':
      return event.needsApproval ? { code: 'approval-wanted', facts: facts() } : undefined;
    case 'started':
    case 'paused':
    case 'finished':
    case 'expired':
      return { code: event.kind, facts: facts() };
    case 'aborted':
      // Named alike, the released nodes are counted here.
      return { code: event.kind, facts: { ...event.facts, ...facts() } };
    case 'approval-asked':
      return approvalWanted(fold);
    case 'rejected':
      return { code: event.kind, facts: { ...facts(), by } };
    case 'halted': {
      const code = mayBeMended(event.because) && hasBegun(fold) ? 'replanning' : 'halted';
      return { code, facts: { ...facts(), reason: explainWait(event.because) } };
    }
    case 'replanning': {
      const { outlook, because } = event;
      const reason = explainOutlook({ kind: outlook, because });
      return outlook === 'given-up' ? { code: 'halted', facts: { ...facts(), reason } } : undefined;
    }
    case 'waiting':
    case 'blocked': {
      const { extension, because, deadlineMs } = event;
      const deadline = new Date(deadlineMs).toISOString();
      return extension === undefined
        ? undefined
        : {
            code: 'deadline-extended',
            facts: { ...facts(), extension, deadline, reason: explainWait(because) },
          };
    }
    case 'replanned':
      if (event.skipped !== undefined) {
        const why = skippedFor(fold, event.skipped);
        return { code: 'node-skipped', facts: { ...facts(), skipped: event.skipped, ...why } };
      }
      return event.needsApproval
        ? approvalWanted(fold)
        : { code: event.kind, facts: { ...facts(), reason: explainReplan(event.facts) } };
    case 'unplanned': {
      const { cluster, from, to } = event;
      return { code: 'unplanned-role-change', facts: { ...facts(), cluster, from, to } };
    }
    default:
      return undefined;
  }
}

/** What of it is known now: approved meanwhile, it has no reason to wait any more. */
function approvalWanted(fold: RunFold): News['notice'] {
  return { code: 'approval-wanted', facts: { ...factsOf(fold), reason: explainWait(fold.because) } };
}

function skippedFor({ skipped }: RunFold, [first]: readonly string[]): Facts {
  const because = skipped.find(({ node }) => node === first)?.because;
  return because === undefined ? {} : { reason: explainWait(because) };
}

/** How far the run is: what of it is known now, which may be later than the entry. */
function factsOf(fold: RunFold): Facts {
  const counts = countRun(fold.lanes.values(), fold.carried, fold.unplanned.length, fold.state === 'aborted');
  return {
    run: fold.runId,
    fleet: fold.fleet,
    requester: fold.requester,
    switchovers: counts.done,
    switchoversPlanned: counts.planned,
    unplanned: counts.unplanned,
    released: counts.released,
    nodes: counts.nodes,
  };
}

function eventOf(fold: RunFold, entry: JournalEntry, before: JournalEntry | undefined): News['event'] {
  const { event, lane } = entry;
  if (event.kind === 'halted') {
    const facts = { run: fold.runId, reason: explainWait(event.because) };
    return { code: 'run-halted', facts, about: aboutHalt(fold, event.because) };
  }
  if (lane === 'run') {
    return event.kind === 'answer' ? ofRunAnswer(fold, event, before) : undefined;
  }
  const step = fold.lanes.get(lane)?.step;
  const made = fold.lanes.get(lane)?.acts.findLast(({ sequence }) => sequence < entry.sequence);
  if (step === undefined || made === undefined || !isToldBy(event, made)) {
    return undefined;
  }
  return step.kind === 'switchover' && event.kind === 'done'
    ? ofSwitchover(fold, step, event.facts)
    : ofAct(fold, made.act, step);
}

/** Acts of the run itself are answered one after the other. Where somebody else wrote in between, they go untold. */
function ofRunAnswer(
  fold: RunFold,
  { act: kind, answer, facts }: Extract<RunEvent, { kind: 'answer' }>,
  before: JournalEntry | undefined,
): News['event'] {
  const act = before?.lane === 'run' && before.event.kind === 'act' ? before.event.act : undefined;
  if (act === undefined || act.kind !== kind) {
    return undefined;
  }
  if (act.kind === 'hold-pod' && answer === 'forbidden') {
    const { namespace, name, uid } = act;
    const told = { run: fold.runId, pod: `${namespace}/${name}`, ...facts };
    return { code: 'hold-refused', facts: told, about: [{ kind: 'Pod', namespace, name, uid }] };
  }
  return isDone(answer) ? ofAct(fold, act, undefined) : undefined;
}

/** An act is told once it is known to have taken place: by its answer, or by what was seen where none came. */
function isToldBy(event: RunEvent, { act, answer }: LaneAct): boolean {
  if (event.kind === 'answer') {
    return act.kind !== 'switchover' && isDone(event.answer);
  }
  // A switchover is believed only after it was seen.
  return event.kind === 'done' && (act.kind === 'switchover' || !isDone(answer?.answer));
}

function isDone(answer: string | undefined): boolean {
  return answer === 'done' || answer === 'evicted' || answer === 'seen-done';
}

const nodeActs = {
  fence: 'fenced',
  unfence: 'unfenced',
  cordon: 'cordoned',
  uncordon: 'uncordoned',
  'mark-released': 'released',
} as const;

function ofAct(fold: RunFold, act: Act, step: Step | undefined): News['event'] {
  const facts: Facts = { run: fold.runId, ...whyOf(step) };
  switch (act.kind) {
    case 'fence':
    case 'unfence':
    case 'cordon':
    case 'uncordon':
    case 'mark-released':
      return { code: nodeActs[act.kind], facts, about: [{ kind: 'Node', name: act.node }] };
    case 'evict': {
      // Not beside its node, too: that would be a request more for each pod, and the node tells of its fence and its release.
      const { namespace, name, uid } = act;
      const about: readonly EventObject[] = [{ kind: 'Pod', namespace, name, uid }];
      return { code: 'evicted', facts: { ...facts, pod: `${namespace}/${name}` }, about };
    }
    // A hold tells of itself, on the pod and with the name of the run; an Event would be one request more for each.
    default:
      return undefined;
  }
}

function ofSwitchover(
  fold: RunFold,
  step: Extract<Step, { kind: 'switchover' }>,
  seen: Facts,
): News['event'] {
  const { cluster, from } = step;
  // In a synchronous cluster it may be another than the plan foresaw.
  const to = typeof seen.to === 'string' ? seen.to : step.to;
  const namespace = cluster.slice(0, cluster.indexOf('/'));
  return {
    code: 'switched-over',
    facts: { run: fold.runId, cluster, from, to, ...whyOf(step) },
    // Whoever led is evicted next, nearly always, and its Events are looked at by nobody then.
    about: [{ kind: 'Pod', namespace, name: to }],
  };
}

function aboutHalt(fold: RunFold, because: Because): readonly EventObject[] {
  const step = fold.lanes.get(String(because.facts.step))?.step;
  if (step !== undefined) {
    return aboutStep(fold, step);
  }
  const kept = [...fold.lanes.values()].flatMap((lane) =>
    lane.step.kind === 'release' && lane.done === undefined ? [nodeOf(fold, lane.step.node)] : [],
  );
  return kept.slice(0, haltedNodesMax);
}

function aboutStep(fold: RunFold, step: Step): readonly EventObject[] {
  switch (step.kind) {
    case 'move': {
      const slash = step.pod.indexOf('/');
      const [namespace, name] = [step.pod.slice(0, slash), step.pod.slice(slash + 1)];
      return [{ kind: 'Pod', namespace, name }, nodeOf(fold, step.from)];
    }
    case 'switchover': {
      const namespace = step.cluster.slice(0, step.cluster.indexOf('/'));
      return [{ kind: 'Pod', namespace, name: step.from }];
    }
    default:
      return [nodeOf(fold, step.node)];
  }
}

function nodeOf(fold: RunFold, name: string): EventObject {
  return { kind: 'Node', name: fold.bound.get(name) ?? name };
}

function whyOf(step: Step | undefined): Facts {
  return step === undefined ? {} : { why: explainBecause(step.because) };
}
