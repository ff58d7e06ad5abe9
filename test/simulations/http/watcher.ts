/** A client that watches one collection, leaves, and comes back at the last version that it was told. */

export type Line = {
  readonly type: string;
  readonly object: {
    readonly metadata: {
      readonly name: string;
      readonly resourceVersion: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
      readonly deletionTimestamp?: string;
    };
    readonly status?: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    };
    readonly code?: number;
  };
};

/** What was told from one version on, over however many connections. */
export type Segment = {
  /** Undefined: all that was there came first. */
  readonly from: number | undefined;
  readonly lines: Line[];
};

export type Watcher = {
  readonly collection: string;
  readonly labelSelector: string | undefined;
  readonly segments: readonly Segment[];
  /** Connects where the last connection ended; where that is too long ago, anew with all that is there. */
  readonly connect: () => Promise<void>;
  /** Ends the connection, if there is one. */
  readonly leave: () => Promise<void>;
};

/** A watcher of a collection (`/api/v1/nodes`) that is not connected yet. `from` undefined: it begins with all that is there. */
export function watcherOf(
  url: string,
  watched: {
    readonly collection: string;
    readonly labelSelector?: string;
    readonly from?: number;
    readonly timeoutSeconds: number;
  },
): Watcher {
  const segments: Segment[] = [{ from: watched.from, lines: [] }];
  let leaving: { readonly cut: AbortController; readonly ended: Promise<void> } | undefined;
  const leave = async () => {
    leaving?.cut.abort();
    await leaving?.ended;
    leaving = undefined;
  };
  const connect = async () => {
    await leave();
    if (segments.at(-1)?.lines.at(-1)?.type === 'ERROR') segments.push({ from: undefined, lines: [] });
    const segment = segments.at(-1);
    if (segment === undefined) return;
    const cut = new AbortController();
    const answer = await fetch(url + pathFor(watched, segment), { signal: cut.signal });
    if (answer.status !== 200) throw new Error(`watch answered ${answer.status}`);
    leaving = { cut, ended: read(answer, segment.lines).catch(() => {}) };
  };
  // Several clients move one watcher: one connection at a time.
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (move: () => Promise<void>) => () => {
    turn = turn.then(move);
    return turn;
  };
  return {
    ...watched,
    labelSelector: watched.labelSelector,
    segments,
    connect: inTurn(connect),
    leave: inTurn(leave),
  };
}

function pathFor(
  watched: {
    readonly collection: string;
    readonly labelSelector?: string;
    readonly timeoutSeconds: number;
  },
  segment: Segment,
): string {
  const last = segment.lines.at(-1)?.object.metadata.resourceVersion;
  const isBegun = segment.lines.some(({ type }) => type === 'BOOKMARK');
  // Before the first bookmark nobody knows how much of the beginning has come.
  if (segment.from === undefined && !isBegun) segment.lines.length = 0;
  const from = segment.from === undefined && !isBegun ? undefined : (last ?? segment.from);
  const query = new URLSearchParams({
    watch: '1',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(watched.timeoutSeconds),
    ...(watched.labelSelector === undefined ? {} : { labelSelector: watched.labelSelector }),
    ...(from === undefined
      ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
      : { resourceVersion: String(from) }),
  });
  return `${watched.collection}?${query}`;
}

async function read(answer: Response, lines: Line[]): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((part): Line => JSON.parse(part)));
  }
}
