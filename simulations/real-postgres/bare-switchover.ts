/** What a switchover costs without Switchyard: the measure for those that it asks for. */
import { leaderOf, syncStandbyOf } from './leader-lock.ts';
import type { RealFleet } from './real-fleet.ts';
import type { WantedCluster } from './starting-objects.ts';
import { until } from './until.ts';

/** Longer than Patroni itself polls for the end of a switchover with a loop of two seconds. */
const ANSWER_LIMIT_MS = 60_000;
const SETTLE_LIMIT_MS = 60_000;

/** Does what `patronictl switchover` does, one POST to the leader, and returns once the cluster is well again. Throws when it is refused. */
export async function switchOverBare(fleet: RealFleet, cluster: WantedCluster): Promise<void> {
  const leader = leaderOf(fleet.world, cluster) ?? '';
  const response = await fetch(`${fleet.restUrl(leader)}/switchover`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ leader, candidate: syncStandbyOf(fleet.world, cluster) }),
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  });
  const answer = await response.text();
  if (response.status !== 200) throw new Error(`a bare switchover of ${cluster.key} was answered: ${answer}`);
  const isOver = (): boolean => leaderOf(fleet.world, cluster) !== leader && fleet.isHealthy();
  if (!(await until(isOver, SETTLE_LIMIT_MS)))
    throw new Error(`${cluster.key} is not well again ${SETTLE_LIMIT_MS / 1000} s after a bare switchover`);
}
