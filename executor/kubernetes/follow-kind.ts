/**
 * All objects of one kind, kept up to date by list and watch: what they look like to the executor, and nothing else of them.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 *
 * The informer of @kubernetes/client-node is not used: it ends for good at a broken connection (its issues 1496 and 1933), does not
 * ask for bookmarks, and swallows what it cannot parse. Nothing here is retried without a pause, and nothing throws: while
 * a kind cannot be followed it is not current, and its readers ask the server.
 */
import { z } from 'zod';
import { OutsideError } from '../errors.ts';
import { retryAfterMostMs } from '../limits.ts';
import type { Clock, KubernetesObject } from '../ports.ts';
import { sleep } from '../system-clock.ts';
import { type ListedKind, listPages } from './objects.ts';
import { type Rest, unexpected } from './rest.ts';

export type FollowLimits = {
  /** How long the server is asked to keep a watch open. */
  readonly watchSeconds: number;
  /** A connection on which nothing came for so long is given up as half open. Servers send a bookmark about every minute. */
  readonly silenceMs: number;
  /** After so long without a word from the server a kind is not current. */
  readonly currentMs: number;
  /** First and longest pause after a failure; it doubles. */
  readonly pauseMs: number;
  readonly pauseMaxMs: number;
  /** So often everything is listed again, in case an event was lost. */
  readonly relistMs: number;
};

export const usualFollowLimits: FollowLimits = {
  // As client-go: 5 to 10 minutes, so that connections are spread anew over the API servers.
  watchSeconds: 300,
  // Two bookmarks that did not come.
  silenceMs: 120_000,
  currentMs: 120_000,
  pauseMs: 1_000,
  pauseMaxMs: 30_000,
  relistMs: 40 * 60_000,
};

/** What an object was and is; undefined: it was not there, or is no more. */
export type Change<View> = { readonly before: View | undefined; readonly after: View | undefined };

export type FollowOptions<View> = {
  readonly list: ListedKind;
  /** Throws OutsideError for what is no such object. */
  readonly translate: (object: KubernetesObject) => View;
  /** `namespace/name`, or the name alone. */
  readonly keyOf: (view: View) => string;
  readonly isSame: (one: View, other: View) => boolean;
  /** Called after each change, in the order in which they are seen. Must not throw. */
  readonly onChange: (change: Change<View>) => void;
  readonly report: (error: unknown) => void;
  readonly clock: Clock;
  readonly limits: FollowLimits;
  readonly signal: AbortSignal;
};

export type FollowedKind<View> = {
  readonly views: ReadonlyMap<string, View>;
  /** All were listed, the connection did not break since, and the server said something not too long ago. */
  isCurrent(): boolean;
};

const eventSchema = z.object({ type: z.string(), object: z.record(z.string(), z.unknown()) });
const versionSchema = z.object({ metadata: z.object({ resourceVersion: z.string().min(1) }) });

/** Follows the kind until `signal` aborts. Returns at once; nothing is current before all are listed. */
export function followKind<View>(rest: Rest, options: FollowOptions<View>): FollowedKind<View> {
  const kept = new KeptViews(options);
  void goOn(rest, options, kept);
  return { views: kept.views, isCurrent: () => kept.isCurrent() };
}

/** What is known of a kind, and how well. */
class KeptViews<View> {
  readonly views = new Map<string, View>();
  /** Up to which all is known; undefined: nothing is, or the server's history does not reach back so far. */
  version: string | undefined;
  readonly #options: FollowOptions<View>;
  #isWhole = false;
  #heardMs = Number.NEGATIVE_INFINITY;

  constructor(options: FollowOptions<View>) {
    this.#options = options;
  }

  isCurrent(): boolean {
    const { clock, limits } = this.#options;
    return this.#isWhole && clock.nowMs() - this.#heardMs < limits.currentMs;
  }

  heard(): void {
    this.#heardMs = this.#options.clock.nowMs();
  }

  /** All are known, up to some moment that has just passed. */
  whole(): void {
    this.#isWhole = true;
    this.heard();
  }

  broken(): void {
    this.#isWhole = false;
  }

  put(object: KubernetesObject): string {
    const { translate, keyOf, isSame, onChange } = this.#options;
    const after = translate(object);
    const key = keyOf(after);
    const before = this.views.get(key);
    if (before === undefined || !isSame(before, after)) {
      this.views.set(key, after);
      onChange({ before, after });
    }
    return key;
  }

  remove(key: string): void {
    const before = this.views.get(key);
    if (before === undefined) return;
    this.views.delete(key);
    this.#options.onChange({ before, after: undefined });
  }
}

/** List, then watch from there on; a watch that ends is taken up where it was, one that is too old begins with a list. */
async function goOn<View>(rest: Rest, options: FollowOptions<View>, kept: KeptViews<View>): Promise<void> {
  const { clock, limits, signal } = options;
  let listedMs = Number.NEGATIVE_INFINITY;
  let pauseMs = limits.pauseMs;
  while (!signal.aborted) {
    let isCalm = false;
    try {
      if (kept.version === undefined || clock.nowMs() - listedMs > limits.relistMs) {
        kept.version = await listAll(rest, options, kept);
        listedMs = clock.nowMs();
      }
      isCalm = await watchOn(rest, options, kept, kept.version);
    } catch (error) {
      kept.broken();
      if (!signal.aborted) options.report(error);
      if (error instanceof OutsideError)
        await sleep(Math.min(error.retryAfterMs ?? 0, retryAfterMostMs), signal);
    }
    if (!isCalm) await sleep(pauseMs, signal);
    pauseMs = isCalm ? limits.pauseMs : Math.min(pauseMs * 2, limits.pauseMaxMs);
  }
}

/** Takes in all objects page by page, and forgets those that are in no page: deletions that no event told of. */
async function listAll<View>(
  rest: Rest,
  { list }: FollowOptions<View>,
  kept: KeptViews<View>,
): Promise<string> {
  const seen = new Set<string>();
  let version: string | undefined;
  for await (const page of listPages(rest, list)) {
    version ??= page.resourceVersion;
    for (const object of page.objects) seen.add(kept.put(object));
  }
  for (const key of [...kept.views.keys()]) if (!seen.has(key)) kept.remove(key);
  if (version === undefined) throw notAsExpected(`GET ${list.path}`, 'a list without resourceVersion');
  kept.whole();
  return version;
}

/** Takes in events until the server ends the watch. Returns true where it may be taken up again at once: it had said something. */
async function watchOn<View>(
  rest: Rest,
  options: FollowOptions<View>,
  kept: KeptViews<View>,
  from: string,
): Promise<boolean> {
  const { list, limits, signal } = options;
  const enough = new AbortController();
  let saidAnything = false;
  let failure: unknown;
  const query = {
    watch: 'true',
    resourceVersion: from,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(limits.watchSeconds),
  };
  const onLine = (line: string): void => {
    if (enough.signal.aborted) return;
    try {
      kept.version = takeLine(options, kept, line);
      saidAnything = true;
    } catch (error) {
      failure = error;
    }
    if (kept.version === undefined || failure !== undefined) enough.abort();
  };
  const answer = await rest.follow(
    { method: 'GET', path: list.path, query },
    {
      silenceMs: limits.silenceMs,
      signal: AbortSignal.any([signal, enough.signal]),
      onHeard: () => kept.whole(),
      onLine,
    },
  );
  if (failure !== undefined) throw failure;
  if (answer !== 'ended') {
    if (answer.status !== 410) throw unexpected(answer);
    kept.version = undefined;
  }
  if (kept.version === undefined) kept.broken();
  return saidAnything && kept.version !== undefined;
}

/** Takes in one event; returns the version it stands for, undefined: 410, the history does not reach back so far. */
function takeLine<View>(
  { list, translate, keyOf }: FollowOptions<View>,
  kept: KeptViews<View>,
  line: string,
): string | undefined {
  const { type, object } = eventSchema.parse(JSON.parse(line));
  if (type === 'ERROR') {
    if (object.code === 410) return undefined;
    throw notAsExpected(`watch ${list.path}`, `${String(object.code)} ${String(object.message)}`);
  }
  const version = versionSchema.parse(object).metadata.resourceVersion;
  const whole: KubernetesObject = { ...object, apiVersion: list.apiVersion, kind: list.kind };
  if (type === 'DELETED') kept.remove(keyOf(translate(whole)));
  else if (type !== 'BOOKMARK') kept.put(whole);
  return version;
}

function notAsExpected(request: string, message: string): OutsideError {
  return new OutsideError({ code: 'unexpected-answer', target: 'kubernetes', request, message });
}
