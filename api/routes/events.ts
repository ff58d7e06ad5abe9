/**
 * The journal of a run as server-sent events: everything so far (after Last-Event-ID), then what comes, until the run has ended.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { JournalEntry } from '../../executor/ports.ts';
import { planStepOf } from '../../executor/record/plan-rounds.ts';
import type { Run } from '../../executor/run.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import type { App } from '../app.ts';
import type { Dependencies } from '../dependencies.ts';
import { explainEntry } from '../explain-entry.ts';
import { ApiProblem } from '../problems.ts';
import { eventsFrom, idParameter, problem, text } from '../schemas.ts';
import { knownRun } from '../shown-run.ts';

/** Proxies close what is silent for a minute; browsers notice a dead connection sooner with it, too. */
const HEARTBEAT_MS = 15_000;
/** A viewer that takes nothing for this long is dropped, so that what it does not read is not kept for it; it may come back with its last id. */
const STUCK_MS = 60_000;

/** Adds GET /v1/runs/{id}/events. */
export function eventRoutes(app: App, deps: Dependencies): void {
  app.get(
    '/v1/runs/:id/events',
    {
      schema: {
        summary: 'The journal of a run as server-sent events',
        description:
          'Each journal entry is one event: id is its sequence number, data is JSON with a readable `text`. A last event `end` closes the stream when the run has ended.',
        tags: ['runs'],
        produces: ['text/event-stream'],
        params: idParameter,
        querystring: eventsFrom,
        response: { 200: text, 404: problem, 406: problem },
      },
    },
    async (request, reply) => {
      if (!/text\/event-stream/i.test(request.headers.accept ?? '')) {
        throw new ApiProblem('not-acceptable', 'Ask with  Accept: text/event-stream.');
      }
      const from = lastEventId(request.headers['last-event-id']) ?? request.query.after;
      const run = await knownRun(deps, request.params.id);
      const after = from ?? (await startOf(deps, run.id, request.query.last));
      reply.hijack();
      await stream(deps, reply.raw, run, after, (error) => request.log.warn(error));
    },
  );
}

/** All of it, unless the last so many entries are asked for: a run of a thousand nodes has hundreds of thousands. */
async function startOf(deps: Dependencies, run: string, last: number | undefined): Promise<number> {
  return last === undefined ? 0 : Math.max(0, (await deps.runs.lastSequence(run)) - last);
}

async function stream(
  deps: Dependencies,
  response: ServerResponse,
  { id, planId, planIds = [planId] }: Run,
  after: number,
  log: (error: unknown) => void,
): Promise<void> {
  const gone = new AbortController();
  // Of the response: a request is `closed` as soon as its body has been read.
  response.on('close', () => gone.abort());
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  response.write('retry: 2000\n\n');
  const plans = new Map<string, DrainPlan | undefined>();
  /** A run may go on by a new plan: each entry is told in the words of its own. */
  const planOf = async ({ lane }: JournalEntry, ids: readonly string[]): Promise<DrainPlan | undefined> => {
    const plan = ids[planStepOf(lane).round - 1] ?? planId;
    if (!plans.has(plan)) plans.set(plan, (await deps.runs.getPlan(plan))?.plan);
    return plans.get(plan);
  };
  const heartbeat = setInterval(() => response.write(': still here\n\n'), deps.heartbeatMs ?? HEARTBEAT_MS);
  try {
    const ids = [...planIds];
    for await (const entry of deps.runs.follow(id, after, gone.signal)) {
      if (gone.signal.aborted) return;
      if (entry.event.kind === 'replanned' && !ids.includes(entry.event.plan)) ids.push(entry.event.plan);
      if (!response.write(eventOf(entry, await planOf(entry, ids)))) {
        const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(deps.stuckMs ?? STUCK_MS)]);
        await once(response, 'drain', { signal });
      }
    }
    const ended = await deps.runs.getRun(id);
    response.write(`event: end\ndata: ${JSON.stringify({ state: ended?.state ?? null })}\n\n`);
  } catch (error) {
    // The head is sent: closing without `end` tells the client to come back with its last id.
    if (!gone.signal.aborted) log(error);
  } finally {
    clearInterval(heartbeat);
    // Of a viewer that takes nothing the end would wait behind all that it has not taken.
    if (response.writableNeedDrain) response.destroy();
    else response.end();
  }
}

function eventOf(entry: JournalEntry, plan: DrainPlan | undefined): string {
  const line = { ...explainEntry(entry, plan), event: entry.event };
  return `id: ${entry.sequence}\ndata: ${JSON.stringify(line)}\n\n`;
}

/** Undefined: not sent. Throws for what cannot be the id of an event of ours. */
function lastEventId(value: string | readonly string[] | undefined): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  if (!/^\d{1,15}$/.test(value)) {
    throw new ApiProblem('malformed-request', 'Last-Event-ID: not the id of an event of this stream.', {
      errors: [{ field: 'Last-Event-ID', found: value.slice(0, 100), expected: 'a whole number' }],
    });
  }
  return Number(value);
}
