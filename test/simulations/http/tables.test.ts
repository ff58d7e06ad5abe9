import { describe, expect, it } from 'vitest';
import { serveWorld } from '../../../simulations/http/serve-world.ts';
import { columnsOf } from '../../../simulations/http/table-columns.ts';
import { ask, type Json } from './ask.ts';
import { recordedWorld } from './recorded-fleet.ts';
import { recorded, replay } from './recordings.ts';

type Table = { columnDefinitions: Json[]; rows: { cells: unknown[]; object?: Json }[] };

async function answerTo<Body>(path: string, headers: Record<string, string>): Promise<Body> {
  const served = await serveWorld(recordedWorld(), { speed: 0 });
  try {
    return (await ask(served, 'GET', path, { headers })).body as unknown as Body;
  } finally {
    await served.close();
  }
}

const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

describe('a list as a table', () => {
  it('has the columns and cells that a real server gave for a node', async () => {
    const recording = recorded('kubernetes/031-node-list-as-table');
    const real = recording.response.body as Table;
    const served = await serveWorld(recordedWorld(), { speed: 0 });
    try {
      const ours = (await replay(served.kubernetesUrl, recording.request)).body as Table;
      const columns = ({ columnDefinitions }: Table) =>
        columnDefinitions.map(({ description: _text, ...rest }) => rest);
      expect(columns(ours)).toEqual(columns(real));
      const age = real.columnDefinitions.findIndex(({ name }) => name === 'Age');
      // The recording was made some seconds before the time of the recorded world.
      const cells = (row: Table['rows'][number] | undefined) =>
        row?.cells.filter((_, index) => index !== age);
      expect(cells(ours.rows[0])).toEqual(cells(real.rows[0]));
      expect(ours.rows[0]?.object).toMatchObject({
        kind: 'PartialObjectMetadata',
        metadata: { name: 'old-z1' },
      });
    } finally {
      await served.close();
    }
  });

  it('of pods and budgets shows what matters of them', async () => {
    const pods = await answerTo<Table>('/api/v1/namespaces/rec/pods/pending', asTable);
    expect(pods.rows.map(({ cells }) => cells.slice(0, 4))).toEqual([['pending', '0/1', 'Pending', '0']]);
    const ready = await answerTo<Table>('/api/v1/namespaces/rec/pods/free-86969874-76shx', asTable);
    expect(ready.rows[0]?.cells[1]).toBe('1/1');
    const budgets = await answerTo<Table>('/apis/policy/v1/namespaces/rec/poddisruptionbudgets', asTable);
    expect(budgets.rows.find(({ cells }) => cells[0] === 'roomy')?.cells.slice(1, 4)).toEqual([
      '2',
      'N/A',
      1,
    ]);
  });

  it('comes without objects, or with whole ones, as asked for', async () => {
    const without = await answerTo<Table>('/api/v1/nodes?includeObject=None', asTable);
    expect(without.rows[0]).not.toHaveProperty('object');
    const whole = await answerTo<Table>('/api/v1/nodes?includeObject=Object', asTable);
    expect(whole.rows[0]?.object).toHaveProperty('spec');
  });

  it('is not given to a client that wants objects, nor is a failure made one', async () => {
    expect(await answerTo('/api/v1/nodes', { accept: 'application/json' })).toMatchObject({
      kind: 'NodeList',
    });
    expect(await answerTo('/api/v1/nodes/none', asTable)).toMatchObject({ kind: 'Status', code: 404 });
  });
});

describe('metadata alone', () => {
  it('is what a client gets that asks for it, of one object too', async () => {
    const accept = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
    const one = await answerTo<Json>('/api/v1/nodes/old-z1', { accept });
    expect(one).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'old-z1' } });
    expect(one).not.toHaveProperty('spec');
  });
});

describe('an age', () => {
  const createdMs = Date.UTC(2026, 0, 1);
  const object = { metadata: { creationTimestamp: new Date(createdMs).toISOString() } };
  const [minute, hour, day] = [60, 3600, 86_400];

  it.each([
    [-5, '<invalid>'],
    [0, '0s'],
    [119, '119s'],
    [2 * minute, '2m'],
    [9 * minute + 59, '9m59s'],
    [10 * minute + 59, '10m'],
    [3 * hour + 5 * minute, '3h5m'],
    [9 * hour + minute, '9h'],
    [2 * day + 3 * hour, '2d3h'],
    [8 * day, '8d'],
    [729 * day, '729d'],
    [3 * 365 * day + day, '3y1d'],
    [10 * 365 * day, '10y'],
  ])('of %i seconds is %s', (seconds, shown) => {
    const age = columnsOf('Lease').find(({ name }) => name === 'Age');
    expect(age?.cell(object, createdMs + seconds * 1000)).toBe(shown);
  });
});
