/** docs/metrics.md and deploy/alerts.yaml against what is served: the same names, labels and alerts, both ways. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { webhookOutcomes } from '../../api/metrics.ts';
import { requestsText } from '../../executor/metrics/requests-text.ts';
import { passOutcomes, WorkerCounts } from '../../executor/metrics/worker-counts.ts';
import { workerText } from '../../executor/metrics/worker-text.ts';
import { foldOf, nodeStep, planOf, startMs } from '../executor/runs.ts';
import { testServer } from './test-server.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/metrics.md');

/** Metrics of an exposition with type and labels. A metric without samples has no labels to be known by. */
function served(text: string): Record<string, { type: string; labels: string | undefined }> {
  return Object.fromEntries(
    [...text.matchAll(/^# TYPE (\S+) (\S+)\n(?:\w+(?:\{(.*)\})? )?/gm)].map(
      ([, name = '', type = '', pairs]) => [
        name,
        {
          type,
          labels:
            pairs === undefined
              ? undefined
              : [...pairs.matchAll(/(\w+)="/g)].map(([, label]) => label).join(', '),
        },
      ],
    ),
  );
}

/** The rows of a part of the page, in the same form. */
function documented(title: string): Record<string, { type: string; labels: string }> {
  const part = page.split(/^## /m).find((text) => text.startsWith(title)) ?? '';
  return Object.fromEntries(
    [...part.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) ?\|/gm)].map(([, name = '', type = '', labels = '']) => [
      name,
      { type, labels },
    ]),
  );
}

function expectSame(text: string, title: string): void {
  const [there, said] = [served(text), documented(title)];
  expect(Object.keys(said).sort()).toEqual(Object.keys(there).sort());
  for (const [name, { type, labels = said[name]?.labels }] of Object.entries(there))
    expect(said[name], name).toEqual({ type, labels });
}

const requests = requestsText('prod', new Map([['list pods', 1]]));

async function textOfApi(): Promise<string> {
  const server = await testServer({ requestsText: () => requests });
  const plan = await server.plan();
  await server.app.inject({ method: 'POST', url: '/v1/runs', payload: { planId: plan.id } });
  return (await server.app.inject('/metrics')).body;
}

function textOfWorker(): string {
  const counts = new WorkerCounts({ nowMs: () => startMs });
  counts.countPass({}, 'again');
  const because = { code: 'cluster-busy', facts: {} } as const;
  const run = foldOf(planOf([nodeStep('fence', 's1', 'n1')]), [
    ['s1', { kind: 'blocked', because, deadlineMs: startMs + 9e6 }, 0],
  ]);
  return workerText('prod', counts, { jobs: { wait: 0 }, runs: [run] }, startMs) + requests;
}

describe('the page of the metrics', () => {
  it('names what the API serves, with type and labels, and nothing else', async () => {
    expectSame(await textOfApi(), 'Of the API');
  });

  it('names what a worker serves, with type and labels, and nothing else', () => {
    expectSame(textOfWorker(), 'Of a worker');
  });

  it('names every outcome of deliveries and passes', () => {
    for (const outcome of [...webhookOutcomes, ...passOutcomes])
      expect(page).toMatch(new RegExp(`\\b${outcome}\\b`));
  });
});

const rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          labels: z.object({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.object({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
        }),
      ),
    }),
  ),
});

describe('the alert rules', () => {
  const alerts = rules.parse(parse(read('deploy/alerts.yaml'))).groups.flatMap((group) => group.rules);

  it('ask only for metrics and labels that are there', async () => {
    const known = { ...served(await textOfApi()), ...served(textOfWorker()) };
    for (const { alert, expr } of alerts) {
      const asked = [...expr.matchAll(/(switchyard_\w+)(?:\{(\w+)=)?/g)];
      expect(asked.length, alert).toBeGreaterThan(0);
      for (const [, name = '', label] of asked) {
        expect(Object.keys(known), alert).toContain(name);
        if (label !== undefined)
          expect(known[name]?.labels?.split(', '), `${alert}: ${name}`).toContain(label);
      }
    }
  });

  it('lead to a section of the runbooks each', () => {
    const anchors = [...read('docs/runbooks.md').matchAll(/^## (.*)$/gm)].map(
      ([, title = '']) =>
        `docs/runbooks.md#${title
          .toLowerCase()
          .replace(/[^a-z0-9 -]/g, '')
          .replaceAll(' ', '-')}`,
    );
    for (const { alert, annotations } of alerts) expect(anchors, alert).toContain(annotations.runbook_url);
  });
});
