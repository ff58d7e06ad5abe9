/**
 * Why a step waits or is blocked, why a run halted or what state it is in, as sentences. The codes are the executor's
 * (executor/wait-codes.ts and the states of a run); a test keeps the two lists equal.
 */

import type { Because, Facts } from '../plan.ts';
import { bareCode } from './explain-because.ts';
import { explainLeft, removedWords } from './explain-left.ts';
import { bytesFact, counted, fact, listed, listFact, numberFact } from './explain-words.ts';

type Sentence = (facts: Facts) => string;

const waiting: Readonly<Record<string, Sentence>> = {
  'act-settling': (f) => `${subject(f)}: asked, no answer came; looking whether it took place`,
  'waiting-for-node': (f) => `waiting for node ${subject(f)}${where(f)} to come and be Ready`,
  'pod-terminating': (f) => {
    const finalizers = listFact(f, 'heldBy');
    if (finalizers.length === 0) return `${subject(f)} is evicted and shutting down`;
    const held = `is evicted and has ended, but is kept by ${finalizers.length === 1 ? 'finalizer' : 'finalizers'}`;
    return `${subject(f)} ${held} ${listed(finalizers)}`;
  },
  'waiting-for-pod': (f) => `${subject(f)} is evicted; its owner has not made it again yet`,
  'pod-not-scheduled': (f) => `${subject(f)} has no node yet${told(f, 'message')}`,
  'pod-not-ready': (f) => `${subject(f)} is starting on its node, not ready yet`,
  'owner-not-ready': (f) =>
    `the owner of ${subject(f)} has ${fact(f, 'ready', 'fewer')} of ${fact(f, 'wanted', 'its')} pods ready`,
  'replica-not-streaming': (f) => `${subject(f)} is up but does not stream yet (Ready is not streaming)`,
  'replica-catching-up': (f) => `${subject(f)} is ${bytesFact(f, 'lagBytes')} behind, catching up`,
  'lag-unknown': (f) => `how far ${subject(f)} is behind is unknown; unknown is never taken for none`,
  'no-leader': (f) => `${subject(f)} has no leader right now`,
  'timeline-unknown': (f) => `the leader of ${subject(f)} does not name its timeline yet`,
  'switchover-under-way': (f) =>
    `${subject(f)}: switchover asked for, waiting to see it (${fact(f, 'from', 'primary')} -> ${fact(f, 'to', 'candidate')})`,
  'role-labels-not-moved': (f) =>
    `${subject(f)}: the primary has changed, the role labels of the pods have not followed yet`,
  'member-leaving': (f) => `${subject(f)} is leaving its cluster`,
  'volume-still-attached': (f) =>
    `${subject(f)} is empty, but ${fact(f, 'volumes', 'volumes')} are still attached to it`,
  'outside-trouble': (f) =>
    `${subject(f)} does not answer as it should${told(f, 'code')}${told(f, 'message')}; looking again`,
};

const beforeStart: Readonly<Record<string, Sentence>> = {
  'start-awaited': (f) =>
    `not begun yet, for ${notBegunWords(f)}; looked at again${clockFact(f, 'until', 'for some minutes')}`,
};

const notBegunWords: Sentence = (f) =>
  f.takenBy === undefined
    ? `the plan does not hold just now${told(f, 'why')}${otherPlanWords(f)}`
    : `another run holds this fleet (${fact(f, 'takenBy', subject(f))})`;

const blocked: Readonly<Record<string, Sentence>> = {
  'cluster-busy': (f) => `step ${fact(f, 'busyWith', subject(f))} of the same cluster or set is under way`,
  'switchover-limit': (f) =>
    `${fact(f, 'underWay', 'as many')} switchovers are under way, ${fact(f, 'limit', 'no more')} are allowed at a time`,
  'window-closed': (f) => `${subject(f)} is left alone until its window${windowWords(f)} opens${opening(f)}`,
  'budget-closed': (f) =>
    `the disruption budget of ${subject(f)} allows no eviction now${told(f, 'message')}`,
  'primary-on-node': (f) =>
    `${subject(f)} still carries a primary (${fact(f, 'primaries', 'see Patroni')}); a cordon would make its operator react`,
  'is-primary': (f) => `${subject(f)} is primary right now and is never evicted as such`,
  'member-unavailable': (f) =>
    f.setGone === undefined
      ? `${unavailable(f)} is unavailable${told(f, 'why')}; two members of a cluster must never be at once`
      : `${setGone(f)}, and no pod of it would come back; no member of that cluster is taken away meanwhile`,
  'member-not-streaming': (f) =>
    `${subject(f)} does not stream from the primary${stateOf(f)}; two members of a cluster must never be away at once`,
  'cluster-paused': (f) => `${subject(f)} is paused in Patroni; resume it there (patronictl resume)`,
  'switchover-scheduled': (f) =>
    `somebody has scheduled a switchover of ${subject(f)} for ${fact(f, 'at', 'later')}; another one now would wipe it out, and a member that is moved now could be missing then`,
  'candidate-not-ready': (f) => `candidate ${subject(f)} is not ready`,
  'candidate-not-streaming': (f) => `candidate ${subject(f)} does not stream from the primary${stateOf(f)}`,
  'candidate-lag-unknown': (f) => `how far candidate ${subject(f)} is behind is unknown`,
  'candidate-behind': (f) =>
    `candidate ${subject(f)} is ${bytesFact(f, 'lagBytes')} behind, allowed are ${bytesFact(f, 'limitBytes')}`,
  'candidate-nofailover': (f) => `candidate ${subject(f)} carries the tag nofailover`,
  'candidate-not-sync-standby': (f) =>
    `candidate ${subject(f)} is not the sync standby; Patroni takes no other`,
  'candidate-on-drained-node': (f) =>
    `candidate ${subject(f)} stands on ${fact(f, 'node', 'a node')}, which is to be drained`,
  'timeline-differs': (f) => `timelines disagree about ${subject(f)}${told(f, 'why')}`,
  'switchover-not-done': (f) =>
    `Patroni said no to the switchover of ${subject(f)}${told(f, 'message')}; asking again later`,
  'new-node-in-wrong-zone': (f) =>
    `node ${fact(f, 'node', subject(f))} came in zone ${fact(f, 'zone')}, wanted is zone ${fact(f, 'wantedZone')}`,
  'node-not-empty': (f) => `${subject(f)} still carries ${fact(f, 'pods', 'pods')}`,
  'fence-missing': (f) => `the fence or cordon on ${subject(f)} is gone; pods could come back to it`,
  'node-drained-by-other': (f) =>
    `${fact(f, 'by', 'somebody else')} is taking ${subject(f)} away; two must not empty one node`,
  'operator-scaled-back': (f) =>
    `somebody keeps scaling ${subject(f)} back to ${fact(f, 'replicas')}, wanted are ${fact(f, 'wanted')}`,
  'scaled-by-others': (f) =>
    `${subject(f)} is scaled to ${fact(f, 'replicas')}, counted on were ${fact(f, 'wanted')}: somebody has scaled it, or a member was missing when the plan was made; nobody is added or taken away`,
  'member-between-others': (f) =>
    `${subject(f)} stands between other members of its StatefulSet, which gives up only its first or its last; nobody is added or taken away`,
  'backup-running': (f) =>
    `a backup of ${subject(f)} is running${told(f, 'pods')}; its primary is not interrupted`,
  'transaction-running': (f) =>
    `a transaction in ${subject(f)} has been running for ${secondsFact(f, 'longestSeconds')}, up to ${secondsFact(f, 'limitSeconds')} would be broken off; its primary is not interrupted`,
  'check-unanswered': (f) =>
    `nobody says whether a backup or a long transaction is running in ${subject(f)}${told(f, 'why')}; its primary is not interrupted`,
};

const halted: Readonly<Record<string, Sentence>> = {
  'plan-invalid': (f) =>
    `the plan does not fit the fleet any more${told(f, 'violations')}${told(f, 'why')}${otherPlanWords(f) || '; make it anew'}`,
  'fleet-lease-taken': (f) => `another run holds this fleet (${fact(f, 'takenBy', subject(f))})`,
  'outside-unreachable': (f) =>
    `${subject(f)} did not answer as it should for too long${told(f, 'code')}${told(f, 'message')}`,
  'node-gone': (f) => `node ${subject(f)} is gone, and not by this run`,
  'landed-on-drained-node': (f) =>
    `${subject(f)} came back on ${fact(f, 'node', 'a node')}, which is to be drained; make the plan anew`,
  'eviction-forbidden': (f) => `Kubernetes forbids to evict ${subject(f)}${told(f, 'message')}`,
  'role-changed-by-others': (f) =>
    `the primary of ${subject(f)} changed (${fact(f, 'from', 'unknown')} -> ${fact(f, 'to', 'unknown')}), not by this run`,
  'switched-to-other-target': (f) =>
    `${subject(f)} is led by ${fact(f, 'to', 'another member')} after a switchover to ${fact(f, 'wanted', 'the planned one')} was asked for`,
  'switchover-attempts-used-up': (f) =>
    `${subject(f)} did not switch over in ${fact(f, 'attempts', 'several')} attempts${told(f, 'message')}`,
  'successor-appeared': (f) =>
    `an outage of ${subject(f)} was planned, but ${fact(f, 'successor', 'somebody')} could take over now; make the plan anew`,
  'window-never-opens': (f) =>
    `the window${windowWords(f)} of ${subject(f)} is not open for ${fact(f, 'seconds', 'as many')} s within ${fact(f, 'days', 'the next')} days`,
  'set-gone': (f) => `StatefulSet ${subject(f)} is gone`,
  'deadline-passed': (f) => `${subject(f)} took longer than allowed${waitedFor(f)}${afterDeadline(f)}`,
  'assumption-broken': (f) =>
    `something that must not happen did${told(f, 'message')}; nothing more was changed, please report it`,
};

/** What the search of a halted run for a new plan waits for, or why it was given up. */
const replanning: Readonly<Record<string, Sentence>> = {
  'act-unsettled': (f) => `${subject(f)}: ${fact(f, 'act', 'an act')} may still bring something about`,
  'cluster-not-whole': (f) =>
    f.setGone === undefined ? `${subject(f)} is not whole yet${told(f, 'why')}` : setGone(f),
  'node-awaited': (f) => `node ${subject(f)}${where(f)} was asked for and has not come yet`,
  'fleet-unreadable': (f) => `the fleet ${subject(f)} cannot be read${told(f, 'found')}`,
  'temporary-member-left': (f) =>
    `${subject(f)} has the temporary member ${fact(f, 'member', 'of this run')}; resume the run, or abort it and scale the set back`,
  'too-many-plans': (f) =>
    `${fact(f, 'count', 'several')} new plans in a row did not help; find out who changes the fleet, then resume or abort`,
  'lease-of-another': (f) => `another run holds this fleet (${fact(f, 'takenBy', subject(f))})`,
  'no-plan-found': (f) => `what is left of ${subject(f)} cannot be planned${told(f, 'why')}`,
};

const runStates: Readonly<Record<string, Sentence>> = {
  'waiting-for-approval': (f) =>
    f.plan === undefined
      ? `waiting for somebody else to approve ${waveWords(f)}`
      : `waiting for somebody else to approve the new plan${f.wave === undefined ? '' : `, ${waveWords(f)}`}: ${explainReplan(f)}`,
  'waiting-for-window': (f) =>
    `waiting for the window${windowWords(f)} of ${subject(f)} to open${opening(f)}`,
  running: (f) => `running${by(f)}`,
  pausing: (f) => `pausing${by(f)}: acts under way are finished, no new one is begun`,
  paused: (f) => `paused${by(f)}${sinceWords(f)}: no act is under way`,
  halted: () => 'halted',
  aborting: (f) =>
    `aborting${by(f)}: acts under way are finished, then our fences, cordons and holds are removed`,
  aborted: (f) => `aborted${by(f)}: ${removedWords(f, 'our')}${left(f)}`,
  finished: () => 'finished: every step is done',
  rejected: (f) => `rejected${by(f)}${told(f, 'comment')}`,
  expired: (f) =>
    `nobody ${f.approvedBy === undefined ? 'approved' : 'started'} it in time${approvedWords(f)}`,
};

function left(facts: Facts): string {
  return explainLeft(facts)
    .map((sentence) => `; ${sentence}`)
    .join('');
}

/** Every code that has a sentence here. */
export const explainedWaits: readonly string[] = [
  waiting,
  beforeStart,
  blocked,
  halted,
  replanning,
  runStates,
].flatMap(Object.keys);

const sentences = new Map(
  [waiting, beforeStart, blocked, halted, replanning, runStates].flatMap((codes) => Object.entries(codes)),
);

/** Why it waits, is blocked or halted, in one sentence; an unknown code is shown as it is, with its facts. */
export function explainWait(because: Because): string {
  return sentences.get(because.code)?.(because.facts) ?? bareCode(because);
}

/** Whether a halted run still looks for a new plan, and what that waits for, or why it was given up. */
export function explainOutlook({ kind, because }: Outlook): string {
  return `${kind === 'looking' ? 'looking for a new plan' : 'no new plan'}: ${explainWait(because)}`;
}

type Outlook = { readonly kind: 'looking' | 'given-up'; readonly because: Because };

/** What a new plan interrupts, next to what was left of the old one; both weighted. And, before the start, what that one came to grief on. */
export function explainReplan(facts: Facts): string {
  const compared = (what: 'switchover' | 'outage'): string => {
    const before = numberFact(facts, `${what}sBefore`) ?? 0;
    const then = `${before} ${before === 1 ? 'was' : 'were'} ${isBeforeStart(facts) ? 'planned' : 'left'}`;
    return `${counted(numberFact(facts, `${what}s`) ?? 0, what)} (${then})`;
  };
  const reason = isBeforeStart(facts) ? `; the plan before does not hold any more${told(facts, 'why')}` : '';
  const news = newAmong(facts, 'newOutages', 'outages') + newAmong(facts, 'newSwitchovers', 'switchovers');
  return `${compared('switchover')}, ${compared('outage')}${news}${reason}`;
}

/** Clusters that the plan before was not to interrupt: somebody may have to be told. */
function newAmong(facts: Facts, name: 'newOutages' | 'newSwitchovers', word: string): string {
  const names = listFact(facts, name) ?? [];
  const all = numberFact(facts, `${name}Count`) ?? names.length;
  const shown =
    all > names.length ? `${names.join(', ')} and ${all - names.length} more` : listed(names, names.length);
  return names.length === 0 ? '' : `; new among the ${word}: ${shown}`;
}

/** In the middle of a run, the halt before it says why there is a new plan. */
function isBeforeStart(facts: Facts): boolean {
  return facts.why !== undefined;
}

function subject(facts: Facts): string {
  return fact(facts, 'subject', 'it');
}

/** Where a pod does not exist its cluster is named, which is up for all that. */
function unavailable(facts: Facts): string {
  return facts.wanted === undefined ? subject(facts) : `a member of ${subject(facts)}`;
}

function setGone(facts: Facts): string {
  return `StatefulSet ${fact(facts, 'setGone', 'one')} of ${subject(facts)} is gone`;
}

/** `: words`, or nothing where the fact was not given. */
function told(facts: Facts, name: string): string {
  const words = fact(facts, name, '');
  return words === '' ? '' : `: ${words}`;
}

/** In whole seconds, the next one up: what is over a limit reads so. */
function secondsFact(facts: Facts, name: string): string {
  const seconds = numberFact(facts, name);
  return seconds === undefined ? 'an unknown time' : `${Math.ceil(seconds)} s`;
}

/** The word of Patroni in quotes: `running` alone would read as if all were well. */
function stateOf(facts: Facts): string {
  const words = fact(facts, 'state', '');
  return words === '' ? '' : ` (Patroni says "${words}")`;
}

function otherPlanWords(facts: Facts): string {
  return facts.noPlan === undefined ? '' : `; and no other plan was found${told(facts, 'noPlan')}`;
}

/** The wait in its own sentence. */
function waitedFor(facts: Facts): string {
  const code = fact(facts, 'waitedFor', '');
  return code === '' ? '' : `: ${explainWait({ code, facts })}`;
}

function afterDeadline(facts: Facts): string {
  const node = fact(facts, 'skip', '');
  if (node !== '') return `; the run goes on without node ${node}`;
  return facts.follows === 'replan' ? '; what is left is planned anew' : '';
}

function windowWords(facts: Facts): string {
  const words = fact(facts, 'window', '');
  return words === '' ? '' : ` (${words})`;
}

/** ` at 2026-11-28 01:00Z`: the day counts, for it may be far off. */
function opening(facts: Facts): string {
  const at = fact(facts, 'opens', '');
  return at === '' ? '' : ` at ${at.slice(0, 10)} ${at.slice(11, 16)}Z`;
}

/** ` since 2026-11-28 17:05Z`; a pause may be of yesterday. */
function sinceWords(facts: Facts): string {
  const at = fact(facts, 'since', '');
  return at === '' ? '' : ` since ${at.slice(0, 10)} ${at.slice(11, 16)}Z`;
}

/** ` until 09:06:07Z`, or the words where it is not known. */
function clockFact(facts: Facts, name: 'until', unknown: string): string {
  const at = fact(facts, name, '');
  return at === '' ? ` ${unknown}` : ` ${name} ${at.slice(11, 19)}Z`;
}

/** What the wave will do: the nodes it empties, and whom it interrupts. */
function waveWords(facts: Facts): string {
  const wave = fact(facts, 'wave', '');
  if (wave === '') return 'it';
  const [nodes, switchovers, outages] = ['nodes', 'waveSwitchovers', 'waveOutages'].map((name) =>
    listFact(facts, name),
  );
  const parts = [
    `${counted(numberFact(facts, 'moves') ?? 0, 'move')}`,
    counted(switchovers?.length ?? 0, 'switchover') + ofWhom(switchovers),
    ...(outages?.length ? [counted(outages.length, 'outage') + ofWhom(outages)] : []),
  ];
  return `wave ${wave}, which empties ${listed(nodes ?? [])}: ${parts.join(', ')}`;
}

function ofWhom(names: readonly string[] | undefined): string {
  return names?.length ? ` (${listed(names)})` : '';
}

function approvedWords(facts: Facts): string {
  const person = fact(facts, 'approvedBy', '');
  return person === '' ? '' : `; the approval of ${person} is void`;
}

function where(facts: Facts): string {
  const zone = fact(facts, 'zone', '');
  return zone === '' ? '' : ` (zone ${zone})`;
}

function by(facts: Facts): string {
  const person = fact(facts, 'by', '');
  return person === '' ? '' : ` (${person})`;
}
