import { Webhook } from 'standardwebhooks';
import { readEventStream } from '../api/read-event-stream.ts';
import type { Run } from '../executor/run.ts';
import type { DrainRequest } from '../planner/plan.ts';
import { DemoFailed, type Stage } from './demo-stage.ts';

/** Plays the pipeline: the signed cluster-upgrade webhook, as a real one would send it. Returns the ids it is answered with. */
export async function sendUpgrade(
  stage: Stage,
  request: DrainRequest,
): Promise<{ readonly planId: string; readonly runId: string }> {
  const body = JSON.stringify({ type: 'cluster-upgrade', fleet: stage.fleet, request });
  const id = `wh_${stage.world.nowMs()}`;
  const at = new Date();
  const response = await fetch(`${stage.url}/v1/webhooks/cluster-upgrade`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(stage.webhookSecret).sign(id, at, body),
    },
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as { planId?: string; runId?: string | null; detail?: string };
  if (response.status !== 202 || !answer.planId || !answer.runId)
    throw new DemoFailed(`the webhook was answered ${response.status}: ${answer.detail ?? 'no run'}`);
  return { planId: answer.planId, runId: answer.runId };
}

type EventLine = {
  readonly sort?: string;
  readonly text?: string;
  readonly event?: { readonly kind: string };
};

const ended: readonly Run['state'][] = ['finished', 'aborted', 'halted', 'rejected', 'expired'];
const runLimitMs = 180_000;

/** Prints the journal of a run as it grows, until the run has ended; returns the run. Throws DemoFailed after three minutes. */
export async function followRun(stage: Stage, runId: string, say: (line: string) => void): Promise<Run> {
  const startedAt = performance.now();
  let last = 0;
  while (performance.now() - startedAt < runLimitMs) {
    const response = await fetch(`${stage.url}/v1/runs/${runId}/events?after=${last}`, {
      headers: { accept: 'text/event-stream' },
      signal: AbortSignal.timeout(runLimitMs),
    });
    for await (const event of readEventStream(response)) {
      if (event.id !== '') last = Number(event.id);
      const { sort, text, event: told } = JSON.parse(event.data) as EventLine;
      // Answers are bookkeeping: what counts is seen right after them.
      if (text !== undefined && sort !== 'answer') say(`   ${text}`);
      // A halted run may be resumed, so that its stream stays open.
      if (told?.kind === 'halted') break;
    }
    const run = await stage.get<Run>(`/v1/runs/${runId}`);
    if (ended.includes(run.state)) return run;
  }
  throw new DemoFailed(`run ${runId} did not end within ${runLimitMs / 1000} s`);
}
