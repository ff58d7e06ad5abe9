/** Halts that are true of the fleet and the run themselves: nobody has to have done anything for them. */
import type { Because } from '../../planner/plan.ts';
import { entriesOf, type Stage } from './stage.ts';

/** Returns true where the halt needs no mishap to be true. */
export function isTrueByItself(stage: Stage, because: Because): boolean {
  return (
    isStandbyOfPatronisChoice(stage, because) ||
    wasOpenedByTheRun(stage, because) ||
    areCandidatesBehind(stage, because) ||
    isOwnMemberLate(stage, because) ||
    isFleetWithoutNodes(stage, because) ||
    wasTriedSoOften(stage, because) ||
    wasGivenBackBefore(stage, because)
  );
}

/** The pipeline was told of the node, and a new plan was made before that was seen done: it has the node in hand once more when it goes. */
function wasGivenBackBefore(stage: Stage, { code, facts }: Because): boolean {
  const entries = entriesOf(stage);
  const told = entries.findIndex(
    ({ event }) =>
      event.kind === 'act' && event.act.kind === 'node-released' && event.act.node === facts.subject,
  );
  return (
    code === 'node-gone' && told >= 0 && entries.slice(told).some(({ event }) => event.kind === 'replanned')
  );
}

/** Requests that are lost and workers that die before they send them use attempts up as well as answers do. */
function wasTriedSoOften(stage: Stage, { code, facts }: Because): boolean {
  const asked = entriesOf(stage).filter(
    ({ lane, event }) => lane === facts.step && event.kind === 'act' && event.act.kind === 'switchover',
  );
  return code === 'switchover-attempts-used-up' && asked.length >= Number(facts.attempts);
}

/** The run has given back its nodes, another drainer has taken away the rest: such a fleet is none that anybody could plan on. */
function isFleetWithoutNodes({ world }: Stage, { code }: Because): boolean {
  return code === 'outside-unreachable' && world.store.list('Node').length === 0;
}

/** A request of the run's own arrived after it had been given up, while the run was halted: the plan still means to bring the member that is there. */
function isOwnMemberLate(stage: Stage, { code, facts }: Because): boolean {
  const named = Array.isArray(facts.violations) ? facts.violations.map(String) : [];
  if (code !== 'plan-invalid' || named.length === 0) return false;
  const entries = entriesOf(stage);
  return named.every((violation) => {
    const [what, id] = violation.split(' at ');
    const givenUp = entries.some(
      ({ lane, event }) => lane === id && event.kind === 'answer' && event.answer === 'seen-not-done',
    );
    return what === 'member-name-taken' && givenUp;
  });
}

/** A replica that was frozen takes its time to catch up, also when nothing goes wrong any more: a plan that has it lead does not hold yet. */
function areCandidatesBehind(stage: Stage, { code, facts }: Because): boolean {
  if (code !== 'plan-invalid' || !stage.happened.has('replica-freezes')) return false;
  const named = Array.isArray(facts.violations) ? facts.violations.map(String) : [];
  return named.length > 0 && named.every((violation) => isCandidateBehind(stage, violation));
}

function isCandidateBehind({ world, plan }: Stage, violation: string): boolean {
  const [code, id] = violation.split(' at ');
  const step = plan.steps.find((each) => each.id === id);
  if (code !== 'candidate-not-eligible' || step?.kind !== 'switchover') return false;
  const cluster = world.clusters.get(step.cluster);
  const candidate = cluster?.members.get(step.to);
  if (cluster === undefined || candidate === undefined) return false;
  const lag = cluster.publishedBytes - (candidate.published.positionBytes ?? 0);
  // 1 MiB unless it is configured: https://patroni.readthedocs.io/en/latest/dynamic_configuration.html
  return lag > Number(cluster.config.maximum_lag_on_failover ?? 1_048_576);
}

/**
 * Patroni chooses the synchronous standby, and keeps the one that went on streaming: no plan can know whom it will choose later. A run
 * that may not go on by a new plan waits for its candidate in vain then.
 */
function isStandbyOfPatronisChoice({ world }: Stage, { facts }: Because): boolean {
  if (facts.waitedFor !== 'candidate-not-sync-standby') return false;
  const [namespace, name = ''] = String(facts.subject).split('/');
  for (const cluster of world.clusters.values()) {
    if (cluster.namespace !== namespace || !cluster.members.has(name)) continue;
    return Boolean(cluster.config.synchronous_mode) && !cluster.syncStandbys.includes(name);
  }
  return false;
}

/** A node that was to be left out is open, and nothing could be planned without it: resumed, the run finds it so, or the pod there. */
function wasOpenedByTheRun(stage: Stage, { code }: Because): boolean {
  if (code !== 'landed-on-drained-node' && code !== 'plan-invalid') return false;
  return entriesOf(stage).some(
    ({ lane, event }) =>
      lane === 'run' &&
      event.kind === 'act' &&
      (event.act.kind === 'unfence' || event.act.kind === 'uncordon'),
  );
}
