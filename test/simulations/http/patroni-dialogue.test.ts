/**
 * What three Patronis of one cluster asked a real API server, from their first start through one switchover, asked of the simulated one:
 * the leader lock is passed on by the versions that this server gives, and the watches tell all of them the same as the real ones did.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { NewObject } from '../../../simulations/world/object-store.ts';
import type { World } from '../../../simulations/world/world.ts';
import { type Json, shape } from './recorded-shapes.ts';
import { type Recording, replay } from './recordings.ts';
import { translateNames } from './translate-names.ts';

type Noted = {
  readonly metadata: Json & { readonly name: string; readonly labels?: Json; readonly annotations?: Json };
};
type Exchange = {
  readonly n: number;
  readonly client: string;
  readonly request: Recording['request'];
  readonly response: {
    readonly status: number;
    readonly body?: Noted & { readonly items?: readonly Noted[] };
    readonly lines?: readonly string[];
  };
};

const file = new URL('../../fixtures/answers/patroni-dialogue.json', import.meta.url);
const exchanges: readonly Exchange[] = JSON.parse(readFileSync(file, 'utf8'));

/** In the order in which the server took them: answers tell its version, and what was asked first was not always done first. */
function inOrder(): readonly Exchange[] {
  let latest = 0;
  const placed = exchanges.map((exchange) => {
    const version = Number(exchange.response.body?.metadata.resourceVersion ?? Number.NaN);
    if (!Number.isNaN(version)) latest = Math.max(latest, version);
    return { exchange, place: Number.isNaN(version) ? latest : version };
  });
  return placed.toSorted((one, other) => one.place - other.place).map(({ exchange }) => exchange);
}

/** The pod of a member as it was when it was first heard of: its own Patroni had written nothing yet. */
function podOf(name: string): NewObject {
  const items = exchanges.flatMap(({ response }) => response.body?.items ?? []);
  const first = items.find((one) => one.metadata.name === name);
  const { labels, annotations } = first?.metadata ?? {};
  const metadata = { name, namespace: 'default', labels, annotations } as NewObject['metadata'];
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] }, status: { phase: 'Running' } };
}

let served: ServedWorld | undefined;
afterEach(() => served?.close());

function beginning(): World {
  const labels = { application: 'spilo', 'cluster-name': 'acid-c' };
  const made = (kind: string, name: string) => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'default', labels },
  });
  const objects = [made('Service', 'acid-c-config'), made('Endpoints', 'acid-c-repl')];
  // Pods come later: the world's own Patronis speak for the clusters that are there from the beginning.
  return createWorld({ objects, controllers: [] });
}

/** Labels, annotations and addresses: all that Patroni reads and writes. */
function written(object: Noted & { readonly subsets?: unknown }): unknown {
  const { labels = {}, annotations = {} } = object.metadata;
  // The scheduler's, not Patroni's.
  const own = Object.entries(labels).filter(([label]) => !label.startsWith('topology.kubernetes.io/'));
  return { labels: Object.fromEntries(own), annotations, subsets: withoutPodsVersion(object.subsets) };
}

/** The pod that an address names has another UID and version on each server. */
function withoutPodsVersion(subsets: unknown): unknown {
  const isOwn = (field: string): boolean => field !== 'uid' && field !== 'resourceVersion';
  return JSON.parse(
    JSON.stringify(subsets ?? [], (field, value: unknown) => (isOwn(field) ? value : undefined)),
  );
}

/** Of each object what a watch told one after the other; lines in which nothing of Patroni's changed are left out. */
function toldBy(lines: readonly string[]): Readonly<Record<string, readonly unknown[]>> {
  const told: Record<string, unknown[]> = {};
  for (const line of lines) {
    const { type, object } = JSON.parse(line) as { type: string; object: Noted };
    const { name } = object.metadata;
    // Its addresses are the endpoints controller's, which looks at readiness.
    if (name === 'acid-c-repl') continue;
    const list = told[name] ?? [];
    const said = type === 'DELETED' ? type : written(object);
    if (!isDeepStrictEqual(list.at(-1), said)) told[name] = [...list, said];
  }
  return told;
}

describe('three Patronis and the simulated API server', () => {
  it('say to each other what they said to the real one, from first start through a switchover', async () => {
    const world = beginning();
    served = await serveWorld(world, { speed: 0 });
    const names = translateNames();
    const watches: { readonly exchange: Exchange; readonly lines: string[]; readonly leave: () => void }[] =
      [];
    for (const exchange of inOrder()) {
      const { client, request, response, n } = exchange;
      if (world.store.get('Pod', 'default', client) === undefined) world.store.create(podOf(client));
      const asked = names.translate(request);
      if (response.lines !== undefined) {
        watches.push({ exchange, ...(await follow(`${served.kubernetesUrl}${asked.path}?${asked.query}`)) });
        continue;
      }
      const answer = await replay(served.kubernetesUrl, asked);
      names.learn(response.body, answer.body);
      expect({ n, status: answer.status }).toEqual({ n, status: response.status });
      expect({ n, told: shape(answer.body) }).toEqual({ n, told: shape(response.body) });
      if (request.method === 'PATCH' || answer.status === 201)
        expect({ n, is: written(answer.body as Noted) }).toEqual({ n, is: written(response.body as Noted) });
    }
    expect(watches).toHaveLength(6);
    for (const { exchange, lines, leave } of watches) {
      const wanted = toldBy(exchange.response.lines ?? []);
      await expect.poll(() => toldBy(lines), { timeout: 5_000 }).toEqual(wanted);
      leave();
    }
    const leader = world.store.get('Endpoints', 'default', 'acid-c')?.metadata.annotations?.leader;
    expect(leader).toBe('acid-c-2');
  });
});

async function follow(url: string): Promise<{ readonly lines: string[]; readonly leave: () => void }> {
  const cut = new AbortController();
  const answer = await fetch(url, { signal: cut.signal });
  expect(answer.status).toBe(200);
  const lines: string[] = [];
  const read = async () => {
    let rest = '';
    for await (const chunk of answer.body ?? []) {
      const parts = (rest + Buffer.from(chunk).toString('utf8')).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    }
  };
  read().catch(() => undefined);
  return { lines, leave: () => cut.abort() };
}
