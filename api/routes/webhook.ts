/**
 * The upgrade pipeline asks for a drain: one signed request reads the fleet, plans, and starts a run.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import type { FastifyRequest } from 'fastify';
import { Webhook } from 'standardwebhooks';
import type { z } from 'zod';
import type { RunState } from '../../executor/run.ts';
import { explainVerdict } from '../../planner/index.ts';
import type { App } from '../app.ts';
import { type Dependencies, PIPELINE_CALLER } from '../dependencies.ts';
import type { Metrics, WebhookOutcome } from '../metrics.ts';
import { makePlan } from '../planning.ts';
import { ApiProblem, nothingToRun } from '../problems.ts';
import { document, problem, upgradeWebhook } from '../schemas.ts';
import { startRun } from './runs.ts';

/** Of standardwebhooks, which keeps it to itself. */
const TOLERANCE_MS = 5 * 60_000;

/** Adds POST /v1/webhooks/cluster-upgrade. */
export function webhookRoutes(app: App, deps: Dependencies, metrics: Metrics): void {
  /** Of deliveries whose status does not tell it. */
  const outcomes = new WeakMap<FastifyRequest, WebhookOutcome>();
  app.post(
    '/v1/webhooks/cluster-upgrade',
    {
      config: { rawBody: true },
      // Before the body is looked at: whoever cannot sign learns nothing about what would be accepted.
      preValidation: async (request) => {
        if (isStale(request, Date.now())) outcomes.set(request, 'stale');
        verifySignature(request, deps.webhookSecrets);
      },
      onResponse: async (request, reply) => {
        metrics.countWebhook(outcomeOf(reply.statusCode, outcomes.get(request)));
      },
      schema: {
        summary: 'The upgrade pipeline asks for nodes to be replaced (Standard Webhooks signature)',
        description:
          'Plans and starts a run. The same webhook-id is answered with the same answer. 422 with the refusals of the plan when nothing could be planned.',
        tags: ['webhooks'],
        body: upgradeWebhook,
        response: { 202: document, 400: problem, 401: problem, 404: problem, 409: problem, 422: problem },
      },
    },
    async (request, reply) => {
      const id = String(request.headers['webhook-id']);
      const earlier = await deps.deliveries.begin(id);
      if (earlier.kind === 'under-way') {
        reply.header('retry-after', '5');
        throw new ApiProblem('delivery-under-way', `Delivery ${id} is being answered; ask again.`);
      }
      if (earlier.kind === 'answered') {
        outcomes.set(request, 'duplicate');
        return reply.status(202).send(JSON.parse(earlier.answer));
      }
      try {
        const answer = await answerUpgrade(deps, id, request.body);
        await deps.deliveries.keep(id, JSON.stringify(answer));
        return reply.status(202).send(answer);
      } catch (error) {
        // Nothing was started: the sender's next try has to be a first one.
        await deps.deliveries.forget(id);
        throw error;
      }
    },
  );
}

function outcomeOf(status: number, known: WebhookOutcome | undefined): WebhookOutcome {
  if (status === 401) return known === 'stale' ? 'stale' : 'bad-signature';
  if (status >= 500) return 'failed';
  if (status >= 400) return 'refused';
  return known === 'duplicate' ? 'duplicate' : 'accepted';
}

/** As `verify` judges it: more than five minutes off, either way. */
function isStale(request: FastifyRequest, nowMs: number): boolean {
  const atMs = Number.parseInt(oneHeader(request, 'webhook-timestamp'), 10) * 1_000;
  return Math.abs(nowMs - atMs) > TOLERANCE_MS;
}

/** Throws `bad-signature`, also for a timestamp more than five minutes off and when no secret is configured. */
function verifySignature(request: FastifyRequest, secrets: readonly string[]): void {
  const headers = {
    'webhook-id': oneHeader(request, 'webhook-id'),
    'webhook-timestamp': oneHeader(request, 'webhook-timestamp'),
    'webhook-signature': oneHeader(request, 'webhook-signature'),
  };
  const body = request.rawBody ?? '';
  const reasons = secrets.map((secret) => {
    try {
      new Webhook(secret).verify(body, headers, { jsonParse: false });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : 'not verified';
    }
  });
  if (reasons.length === 0) throw new ApiProblem('bad-signature', 'No webhook secret is configured here.');
  if (!reasons.includes(undefined)) throw new ApiProblem('bad-signature', `${reasons[0]}. Nothing was read.`);
}

type UpgradeAnswer = {
  readonly planId: string;
  /** Null: planned only. */
  readonly runId: string | null;
  readonly state: RunState | null;
  readonly verdict: string;
  readonly links: Readonly<Record<string, string>>;
};

async function answerUpgrade(
  deps: Dependencies,
  deliveryId: string,
  order: z.output<typeof upgradeWebhook>,
): Promise<UpgradeAnswer> {
  const { plan } = await makePlan(deps, {
    source: { kind: 'fleet', name: order.fleet },
    request: order.request,
    requester: PIPELINE_CALLER,
  });
  if (plan.steps.length === 0) throw nothingToRun(plan);
  const links = { plan: `/v1/plans/${plan.id}`, explain: `/v1/plans/${plan.id}/explain` };
  const start = order.start ?? true;
  const run = start
    ? await startRun(deps, {
        planId: plan.id,
        requester: PIPELINE_CALLER,
        idempotencyKey: `webhook:${deliveryId}`,
      })
    : undefined;
  return {
    planId: plan.id,
    runId: run?.id ?? null,
    state: run?.state ?? null,
    verdict: explainVerdict(plan),
    links: run === undefined ? links : { ...links, run: `/v1/runs/${run.id}`, page: `/?run=${run.id}` },
  };
}

function oneHeader(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}
