/** A client of one cluster that never stops writing, and remembers what it was promised. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export type Writer = {
  /** Longest time without an acknowledged row around a moment of performance.now(), in milliseconds. */
  readonly gapAroundMs: (atMs: number) => number;
  /** Ends it, and counts on the primary of then. */
  readonly count: () => Promise<RowCount>;
  /** Ends it without counting. */
  readonly stop: () => void;
};

export type RowCount = { readonly acknowledged: number; readonly lost: number };

/** How often a row is written. Five databases share each processor: more would only be more for them to do. */
const WRITE_EVERY_MS = 50;
/** After an error the primary is looked for anew, as a client behind a Service would; with both, how exactly a gap is known. */
const LOOK_EVERY_MS = 20;
const CONNECT_LIMIT_MS = 2_000;
/** For one that counts: a primary is there again within seconds. */
const COUNT_LIMIT_MS = 30_000;
/** A row that is not acknowledged by then is given up; a synchronous standby that left is waited for much shorter. */
const QUERY_LIMIT_MS = 30_000;

/** Starts writing numbered rows once the first primary has the table. `primaryPort` is asked after each error. */
export async function startWriter(primaryPort: () => number | undefined): Promise<Writer> {
  const acknowledged: number[] = [];
  const atMs: number[] = [];
  let stopping = false;
  const first = await onPrimary(primaryPort, COUNT_LIMIT_MS);
  await first.query('create table if not exists written (number bigint primary key)');
  const writing = (async () => {
    let client: pg.Client | undefined = first;
    for (let number = 1; !stopping; number += 1) {
      client ??= await connect(primaryPort());
      const outcome = client === undefined ? 'failed' : await insert(client, number);
      if (outcome === 'written') {
        acknowledged.push(number);
        atMs.push(performance.now());
      } else if (outcome === 'failed' || client?.port !== primaryPort()) {
        void client?.end().catch(() => {});
        client = undefined;
      }
      await sleep(outcome === 'written' ? WRITE_EVERY_MS : LOOK_EVERY_MS);
    }
    await client?.end().catch(() => {});
  })();
  const stop = (): void => {
    stopping = true;
  };
  return {
    gapAroundMs: (momentMs) => gapAround(atMs, momentMs),
    stop,
    count: async () => {
      stop();
      await writing;
      const client = await onPrimary(primaryPort, COUNT_LIMIT_MS);
      const { rows } = await client.query<{ number: string }>('select number from written');
      await client.end();
      const found = new Set(rows.map((row) => Number(row.number)));
      const lost = acknowledged.filter((number) => !found.has(number)).length;
      return { acknowledged: acknowledged.length, lost };
    },
  };
}

function gapAround(atMs: readonly number[], momentMs: number): number {
  const after = atMs.findIndex((ms) => ms >= momentMs);
  const [from, to] = [atMs[after - 1], atMs[after]];
  // No row since: the gap is still open.
  if (after === -1) return performance.now() - (atMs.at(-1) ?? momentMs);
  return from === undefined || to === undefined ? 0 : to - from;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: read_only_sql_transaction */
const READ_ONLY = '25006';

/**
 * A number is tried once: whether a row without an answer was written nobody knows, and nobody was promised it. `read-only`: whoever is to
 * lead is not promoted yet; the connection is good, and to make it anew every time would only slow the promotion down.
 */
async function insert(client: pg.Client, number: number): Promise<'written' | 'read-only' | 'failed'> {
  try {
    await client.query('insert into written values ($1)', [number]);
    return 'written';
  } catch (error) {
    return error instanceof pg.DatabaseError && error.code === READ_ONLY ? 'read-only' : 'failed';
  }
}

/** Undefined: nobody leads, or whoever does takes no connection yet. */
async function connect(port: number | undefined): Promise<pg.Client | undefined> {
  if (port === undefined) return undefined;
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    database: 'postgres',
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: QUERY_LIMIT_MS,
  });
  // A server that shuts down ends the connection; the next row notices.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch {
    return undefined;
  }
}

/** A connection that can write. Throws when there is none in time. */
async function onPrimary(primaryPort: () => number | undefined, limitMs: number): Promise<pg.Client> {
  const deadlineMs = performance.now() + limitMs;
  while (performance.now() < deadlineMs) {
    const client = await connect(primaryPort());
    const answer = await client?.query('select pg_is_in_recovery() as replica').catch(() => undefined);
    if (client !== undefined && answer?.rows[0]?.replica === false) return client;
    await client?.end().catch(() => {});
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`no primary to write to within ${limitMs / 1000} s`);
}
