/** What a switchover costs without Switchyard: the measure for those that it asks for. */
import { isWell, leaderOf, syncStandbyOf } from './leader-lock.ts';
import type { RealFleet } from './real-fleet.ts';
import type { WantedCluster } from './starting-objects.ts';
import { until } from './until.ts';

/** Longer than Patroni itself polls for the end of a switchover with a loop of a second. */
const ANSWER_LIMIT_MS = 60_000;
const SETTLE_LIMIT_MS = 60_000;

/**
 * Switches each cluster over `times` times, to its synchronous standby; returns once all are well again. One after another and each as soon
 * as the one before has been answered, as a run with one switchover at a time does it. Throws when one is refused.
 */
export async function switchOverBare(fleet: RealFleet, times: number): Promise<void> {
  for (let round = 0; round < times; round += 1)
    for (const cluster of fleet.clusters) {
      await untilWell(() => isWell(fleet.world, cluster), cluster.key);
      await switchOver(fleet, cluster);
    }
  await untilWell(fleet.isHealthy, 'the fleet');
}

/** What `patronictl switchover` does: one POST to the leader, which answers when another leads. */
async function switchOver(fleet: RealFleet, cluster: WantedCluster): Promise<void> {
  const leader = leaderOf(fleet.world, cluster) ?? '';
  const response = await fetch(`${fleet.restUrl(leader)}/switchover`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ leader, candidate: syncStandbyOf(fleet.world, cluster) }),
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  });
  const answer = await response.text();
  if (response.status !== 200) throw new Error(`a bare switchover of ${cluster.key} was answered: ${answer}`);
}

async function untilWell(isWellNow: () => boolean, whose: string): Promise<void> {
  if (await until(isWellNow, SETTLE_LIMIT_MS)) return;
  throw new Error(`${whose} is not well again ${SETTLE_LIMIT_MS / 1000} s after a bare switchover`);
}
