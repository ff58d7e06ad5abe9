/**
 * Names of all keys in Redis.
 */
export type Keys = {
  /** String: StoredPlan as JSON. */
  readonly plan: (id: string) => string;
  /** Sorted set of plan ids by the time they were saved. */
  readonly plans: string;
  /** Hash: plan, fleet, state. `state` is the fold of the lane `run`, kept by the script that appends to it. */
  readonly run: (id: string) => string;
  /** List of journal entries as JSON; the sequence number is the place in it, from 1. */
  readonly journal: (run: string) => string;
  /** Hash: lane -> sequence number of its last entry. */
  readonly lanes: (run: string) => string;
  /** String: of a run that has ended, RunSummary as JSON, once somebody has listed it. */
  readonly runSummary: (run: string) => string;
  /** String: PlanSummary as JSON, once somebody has listed it. */
  readonly planSummary: (id: string) => string;
  /** Sorted set of run ids by the time they were created. */
  readonly runs: string;
  /** Set of the ids of runs that have not ended, of one fleet. */
  readonly liveRuns: (fleet: string) => string;
  /** Set of the ids of runs of which not everything was told yet, of one fleet. */
  readonly untoldRuns: (fleet: string) => string;
  /** Hash: channel -> sequence number up to which the run was told there. */
  readonly told: (run: string) => string;
  /** Set: what was told of a run besides its entries, as `<channel> <id>`. */
  readonly toldBesides: (run: string) => string;
  /** String, for a while: the worker that tells the news of a fleet. */
  readonly teller: (fleet: string) => string;
  /** Hash: `<channel> <outcome>` -> how often. */
  readonly newsCounts: string;
  /** String: id of the one run that holds a fleet. */
  readonly fleet: (name: string) => string;
  /** String: `<plan> <run>`; what was started under an idempotency key. */
  readonly idempotency: (key: string) => string;
  /** Channel: every append, as `<run> <lane> <kind of event>`. */
  readonly appended: string;
  /** Prefix of the keys of BullMQ. */
  readonly queues: string;
};

/** Returns the names of all keys under a prefix. */
export function keysUnder(prefix: string): Keys {
  return {
    plan: (id) => `${prefix}:plan:${id}`,
    plans: `${prefix}:plans`,
    run: (id) => `${prefix}:run:${id}`,
    journal: (run) => `${prefix}:run:${run}:journal`,
    lanes: (run) => `${prefix}:run:${run}:lanes`,
    runSummary: (run) => `${prefix}:run:${run}:summary`,
    planSummary: (id) => `${prefix}:plan:${id}:summary`,
    runs: `${prefix}:runs`,
    liveRuns: (fleet) => `${prefix}:fleet:${fleet}:live`,
    untoldRuns: (fleet) => `${prefix}:fleet:${fleet}:untold`,
    told: (run) => `${prefix}:run:${run}:told`,
    toldBesides: (run) => `${prefix}:run:${run}:told-besides`,
    teller: (fleet) => `${prefix}:fleet:${fleet}:teller`,
    newsCounts: `${prefix}:news`,
    fleet: (name) => `${prefix}:fleet:${name}`,
    idempotency: (key) => `${prefix}:idempotency:${key}`,
    appended: `${prefix}:appended`,
    queues: `${prefix}:queues`,
  };
}
