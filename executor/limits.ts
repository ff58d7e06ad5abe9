/**
 * The deadlines and intervals of the executor, each with its unit and its reason. They travel as a `Pace`, so that a simulated fleet that
 * lives ten times faster can be served ten times faster.
 */
import { type BlockedCode, blockedCodes, type WaitCode, waitCodes } from './wait-codes.ts';

export type Pace = {
  /** How many times faster than life the fleet lives; 1 but for simulated ones. */
  readonly speed: number;
  /** Between two looks at something under way. */
  readonly pollMs: number;
  /** Between an act and the first look at what came of it. */
  readonly afterActMs: number;
  /** Between two looks at something that stands still: an approval, a pause, a closed budget. */
  readonly idleMs: number;
  /** Between two looks at what is waited for where the mirror of the fleet tells of every change: only in case one was missed. */
  readonly mirrorPollMs: number;
  /** Between two questions to Patroni about a cluster of which nothing changes. */
  readonly patroniEveryMs: number;
  /** Between two questions what goes on in a cluster whose primary is to be interrupted. */
  readonly activityEveryMs: number;
  /** An act without answer is given this long to show, longer than an adapter waits for an answer. */
  readonly actSettleMs: number;
  /** The same for a switchover whose answer is missing or unknown, leader and timeline unchanged. */
  readonly switchoverSettleMs: number;
  /** After Patroni's no, before it is asked again. */
  readonly switchoverRetryMs: number;
  readonly switchoverAttemptsMax: number;
  /** With less time left until a switchover that somebody has scheduled, no member of the cluster is taken away. */
  readonly scheduledReserveMs: number;
  /** With less time left nothing is begun in a window. */
  readonly windowReserveMs: number;
  /** Between two looks at a step whose window is closed. */
  readonly windowIdleMs: number;
  /** A replica further behind is not caught up. */
  readonly lagLimitBytes: number;
  /** An observation older than this is not acted upon: the worker was held up after it looked. */
  readonly staleAfterMs: number;
  /** Between two looks at the whole fleet with a walk over the rest of the plan. */
  readonly lookEveryMs: number;
  /** No act is begun on the strength of an older one. Workers that were away for longer look first. */
  readonly lookValidMs: number;
  /** Between two looks of one worker at the role labels of all primaries. */
  readonly rolesEveryMs: number;
  /** How long a run that does not begin yet looks at its plan again, and how often: each look reads the whole fleet. */
  readonly startPatienceMs: number;
  readonly startEveryMs: number;
  /** How long a halted run looks for a new plan, and how often: each look may read the whole fleet. */
  readonly replanPatienceMs: number;
  readonly replanEveryMs: number;
  /** How long an abort goes on trying to finish what is half done; a pause or a halt waits as long for what came of an act. */
  readonly abortPatienceMs: number;
  readonly leaseSeconds: number;
  /** How long a start waits for the lease of another run to run out. */
  readonly leasePatienceMs: number;
  /** First and longest delay after a failure of the outside; in between it waits as long again as it has waited. */
  readonly outsideDelayMs: number;
  readonly outsideDelayMaxMs: number;
  /** After this long the run halts, by reason. */
  readonly waitLimitMs: Readonly<Record<WaitCode | BlockedCode, number>>;
};

const second = 1_000;
const minute = 60 * second;

/** Of a request that does not say: the contract's default. */
export const parallelSwitchoversDefault = 4;

/**
 * With `onDeadline` "wait" a reason is waited for this often again, as long as the first time: four limits, with a page at each, and
 * nobody came.
 */
export const extensionsMax = 3;

/**
 * A server that asks for more time than this is asked again sooner: those in front of an API server may name an hour, and meanwhile the Lease
 * would run out, and nobody would see a failover.
 */
export const retryAfterMostMs = 60 * second;

/** Appends to the run's lane are tried again this often when somebody else wrote there in between. */
export const runLaneAttemptsMax = 8;

const waitLimitMs: Pace['waitLimitMs'] = {
  'act-settling': 5 * minute, // several settle times
  'waiting-for-node': 30 * minute, // clouds take 2 to 5 minutes, bare metal 20
  'pod-terminating': 30 * minute, // a fast shutdown of PostgreSQL writes a checkpoint first
  'waiting-for-pod': 10 * minute, // OrderedReady sets wait for the pods before it
  'pod-not-scheduled': 15 * minute, // room of another step may still have to come free
  'pod-not-ready': 60 * minute, // volumes take minutes to detach, a new volume is filled by a base backup
  'owner-not-ready': 15 * minute,
  'replica-not-streaming': 60 * minute, // archive recovery comes before streaming
  'replica-catching-up': 60 * minute,
  'lag-unknown': 10 * minute,
  'no-leader': 3 * minute, // ttl 30 s and a promotion, several times over
  'timeline-unknown': 3 * minute,
  'switchover-under-way': 10 * minute, // the checkpoint of the leaving primary may take minutes
  'role-labels-not-moved': 5 * minute, // about 12 s were observed
  'member-leaving': 30 * minute,
  'volume-still-attached': 15 * minute, // Kubernetes detaches by force after 6 minutes
  'outside-trouble': 60 * minute, // an upgrade of the control plane
  'cluster-busy': 120 * minute, // the other step has deadlines of its own
  // Thousands may have waited for one window; those under way have deadlines of their own.
  'switchover-limit': 12 * 60 * minute,
  // Counts from the first opening: a weekly window that was missed once is waited for once more.
  'window-closed': 8 * 24 * 60 * minute,
  'budget-closed': 30 * minute,
  'primary-on-node': 10 * minute,
  'is-primary': 10 * minute,
  'member-unavailable': 60 * minute,
  'member-not-streaming': 60 * minute,
  'cluster-paused': 60 * minute, // a person paused it and will want to finish
  'switchover-scheduled': 24 * 60 * minute, // such are for the coming night
  'candidate-not-ready': 30 * minute,
  'candidate-not-streaming': 30 * minute,
  'candidate-lag-unknown': 10 * minute,
  'candidate-behind': 60 * minute,
  'candidate-nofailover': 10 * minute,
  // Patroni chooses within a loop or two, once there is a standby that streams; then a new plan takes its choice.
  'candidate-not-sync-standby': 5 * minute,
  'candidate-on-drained-node': 1 * minute,
  'timeline-differs': 10 * minute,
  'switchover-not-done': 30 * minute,
  'new-node-in-wrong-zone': 30 * minute,
  'node-not-empty': 30 * minute,
  'fence-missing': 10 * minute,
  'node-drained-by-other': 60 * minute, // autoscalers give a node up, or it is gone, well before
  'operator-scaled-back': 10 * minute,
  'scaled-by-others': 10 * minute, // as long as whoever tries it out
  'member-between-others': minute, // no wait moves it
  'backup-running': 6 * 60 * minute, // a base backup of some terabytes
  'transaction-running': 60 * minute, // reports and schema changes; what runs for longer, a person has to judge
  'check-unanswered': 30 * minute, // a Deployment that is rolled out, or moved by this run
};

export const realPace: Pace = {
  speed: 1,
  pollMs: 2 * second,
  afterActMs: 500,
  idleMs: 5 * second,
  // A lost event is found again at the next list of all; this is for what no event tells of, such as the journal.
  mirrorPollMs: 15 * second,
  // Patroni writes its state on its pods in every loop (loop_wait 10 s): three loops without a word of anything new.
  patroniEveryMs: 30 * second,
  // Each question takes a look through the servers, and at night hundreds of backups may run at once.
  activityEveryMs: 30 * second,
  // Adapters wait 10 s for Kubernetes and the pipeline.
  actSettleMs: 20 * second,
  // Patroni polls for at least 20 s and, with loop_wait 30, for 60 s before it says "status unknown", and may still do it
  // in its next loop. https://github.com/patroni/patroni/blob/master/patroni/api.py (poll_failover_result)
  switchoverSettleMs: 150 * second,
  switchoverRetryMs: 15 * second,
  switchoverAttemptsMax: 5,
  // A member that is moved is back in some minutes as a rule.
  scheduledReserveMs: 15 * minute,
  // A switchover takes some 15 s (loop_wait 10 s), and what was looked at may be 10 s old.
  windowReserveMs: 30 * second,
  // Days may pass until it opens; meanwhile a failover is found by the look at the roles.
  windowIdleMs: 60 * second,
  // Half of what Spilo sets as maximum_lag_on_failover (33554432): Patroni must not be the first to say no.
  lagLimitBytes: 16 * 1024 * 1024,
  staleAfterMs: 10 * second,
  // A full list of a large fleet is some ten megabytes, and the walk takes a second: rare enough for both. What a step counts
  // on it looks at itself, right before each act.
  lookEveryMs: 30 * minute,
  lookValidMs: 60 * minute,
  // A failover takes some 20 s (ttl 30): it is known soon after.
  rolesEveryMs: 15 * second,
  // A pod that starts or a replica that is behind for a moment; longer, and whoever started the run wants to know.
  startPatienceMs: 5 * minute,
  startEveryMs: 15 * second,
  // A member that was lost is back within minutes where its volume only has to be attached again.
  replanPatienceMs: 30 * minute,
  replanEveryMs: 15 * second,
  // Whoever aborts wants an end; a pipeline that is being deployed is back by then.
  abortPatienceMs: 10 * minute,
  // As long as leader election of the Kubernetes controllers, twice over: workers look every few seconds.
  leaseSeconds: 30,
  // A run that has halted keeps the fleet until its acts have settled; then its Lease is dropped, or runs out.
  leasePatienceMs: 4 * minute,
  outsideDelayMs: 1 * second,
  outsideDelayMaxMs: 30 * second,
  waitLimitMs,
};

/** Returns the same pace in a world that runs `speed` times faster; the lease keeps at least five seconds of real time. */
export function paceAt(speed: number, pace: Pace = realPace): Pace {
  const scaled = (ms: number): number => Math.max(1, Math.round(ms / speed));
  return {
    ...pace,
    speed: pace.speed * speed,
    pollMs: scaled(pace.pollMs),
    afterActMs: scaled(pace.afterActMs),
    idleMs: scaled(pace.idleMs),
    mirrorPollMs: scaled(pace.mirrorPollMs),
    patroniEveryMs: scaled(pace.patroniEveryMs),
    activityEveryMs: scaled(pace.activityEveryMs),
    actSettleMs: scaled(pace.actSettleMs),
    switchoverSettleMs: scaled(pace.switchoverSettleMs),
    switchoverRetryMs: scaled(pace.switchoverRetryMs),
    scheduledReserveMs: scaled(pace.scheduledReserveMs),
    // Windows go by real clocks: only what happens inside of them is faster.
    windowReserveMs: scaled(pace.windowReserveMs),
    // A slow machine is not a faster one: this one is never scaled.
    staleAfterMs: pace.staleAfterMs,
    lookEveryMs: scaled(pace.lookEveryMs),
    lookValidMs: Math.max(60_000, scaled(pace.lookValidMs)),
    rolesEveryMs: scaled(pace.rolesEveryMs),
    startPatienceMs: Math.max(10_000, scaled(pace.startPatienceMs)),
    startEveryMs: scaled(pace.startEveryMs),
    replanPatienceMs: Math.max(10_000, scaled(pace.replanPatienceMs)),
    replanEveryMs: scaled(pace.replanEveryMs),
    abortPatienceMs: Math.max(10_000, scaled(pace.abortPatienceMs)),
    leaseSeconds: Math.max(5, Math.round(pace.leaseSeconds / speed)),
    leasePatienceMs: Math.max(10_000, scaled(pace.leasePatienceMs)),
    outsideDelayMs: scaled(pace.outsideDelayMs),
    outsideDelayMaxMs: scaled(pace.outsideDelayMaxMs),
    waitLimitMs: scaledLimits(pace.waitLimitMs, scaled),
  };
}

function scaledLimits(limits: Pace['waitLimitMs'], scaled: (ms: number) => number): Pace['waitLimitMs'] {
  const result = { ...limits };
  for (const code of [...waitCodes, ...blockedCodes]) {
    // Never under ten seconds: the looks themselves take real time.
    result[code] = code === 'window-closed' ? limits[code] : Math.max(10_000, scaled(limits[code]));
  }
  return result;
}
