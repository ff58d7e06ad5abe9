import type { PlanCondition } from '../api/describe-condition.ts';
import type { Run } from '../executor/run.ts';
import type { ApiClient } from './api-client.ts';

const linesMax = 5;

/**
 * Whether the plan of a run that waits for approval still fits the fleet, which the service reads for it. None for any other run: what a run
 * has done is a change, too.
 */
export async function fleetNowLines(client: ApiClient, run: Run): Promise<readonly string[]> {
  if (run.state !== 'waiting-for-approval' || run.startedAt !== undefined) return [];
  try {
    const path = `/v1/plans/${encodeURIComponent(run.planId)}/condition`;
    const { sentence, changes } = (await client.get(path)) as PlanCondition;
    const more = changes.length > linesMax ? [`${changes.length - linesMax} more`] : [];
    const lines = [...changes.slice(0, linesMax), ...more];
    return [`fleet    ${sentence}`, ...lines.map((line) => `         - ${line}`)];
  } catch (error) {
    return [
      `fleet    could not be compared with the plan: ${error instanceof Error ? error.message : error}`,
    ];
  }
}
