/**
 * WATCH: a line per change, bookmarks, and the ERROR line of a version that is too old.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */

import type { StoredObject, StoreEvent } from '../world/object-store.ts';
import type { World } from '../world/world.ts';
import type { HttpRequest, LineSink, Reply } from './answer.ts';
import { joinAudience } from './audience.ts';
import type { WallClock } from './pacer.ts';
import { isFlagOn } from './query-flag.ts';
import { readFilter, shownObject } from './read-objects.ts';
import { groupVersion, type ResourceType } from './resources.ts';
import { type Form, formOf, toldAs } from './shown-as.ts';
import { badRequest, failureStatus } from './status.ts';

/** A real server draws between 30 and 60 minutes when a client names no timeout (--min-request-timeout). */
const usualTimeoutSeconds = 1800;
/** A real server sends bookmarks about every minute. */
const bookmarkEveryMs = 60_000;
/** ... and one shortly before it ends the watch. */
const bookmarkBeforeEndMs = 2_000;

type Watch = {
  readonly world: World;
  readonly clock: WallClock;
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  readonly told: ToldLines;
  readonly matches: (object: StoredObject) => boolean;
  readonly form: Form;
  /** False until the first line with an object: a table tells its columns once. */
  hasTold: boolean;
};

/**
 * The reply to a watch: lines from the wanted version on until timeoutSeconds (of wall-clock time) are over, with objects in the
 * form that the client wants.
 */
export function watchObjects(
  world: World,
  clock: WallClock,
  type: ResourceType,
  namespace: string | undefined,
  request: Pick<HttpRequest, 'headers' | 'query'>,
): Reply {
  const { query } = request;
  const filter = readFilter(type, query);
  if (filter.kind === 'refused') return filter.answer;
  const version = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(version))
    return badRequest(`Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`);
  const watch: Watch = {
    world,
    clock,
    type,
    namespace,
    query,
    told: toldBy(world),
    matches: filter.matches,
    form: formOf(request),
    hasTold: false,
  };
  return { kind: 'lines', start: (lines) => runWatch(watch, lines) };
}

const toldLines = new WeakMap<World, ToldLines>();

/** One for all watches of a world. */
function toldBy(world: World): ToldLines {
  const told = toldLines.get(world) ?? new ToldLines();
  toldLines.set(world, told);
  return told;
}

function runWatch(watch: Watch, lines: LineSink): void {
  const { world, query } = watch;
  const version = Number(query.get('resourceVersion') ?? 0);
  const fromNow = version === 0 || isFlagOn(query.get('sendInitialEvents'));
  const missed = fromNow ? undefined : world.store.watchFrom(version);
  if (missed?.kind === 'expired') {
    sendExpired(watch, lines, version);
    return;
  }
  // Of a version that is still to come, what leads to it is not told.
  const toldFrom = fromNow ? 0 : Math.max(version, world.store.resourceVersion);
  if (missed === undefined) sendPresent(watch, lines);
  else lines.sendInTurns(missedLines(watch, missed.events));
  const told = {
    kind: watch.type.kind,
    key: audienceKey(watch, toldFrom > world.store.resourceVersion ? toldFrom : undefined),
    lineOf: (event: StoreEvent) => (event.resourceVersion > toldFrom ? lineOf(watch, event) : undefined),
  };
  scheduleEnd(watch, lines, joinAudience(world, told, lines));
}

/** Watches of one key are told the same from here on. A table tells its columns once to each: it has no companions. */
function audienceKey({ type, namespace, query, form }: Watch, from: number | undefined): string | symbol {
  if (form.kind === 'table') return Symbol('table');
  const selectors = [query.get('labelSelector') ?? '', query.get('fieldSelector') ?? ''];
  return JSON.stringify([groupVersion(type), namespace ?? '', ...selectors, form.kind, from ?? '']);
}

function sendExpired(watch: Watch, lines: LineSink, version: number): void {
  const message = `too old resource version: ${version} (${watch.world.store.resourceVersion})`;
  send(lines, 'ERROR', failureStatus({ code: 410, reason: 'Expired', message }));
  lines.end();
}

/** As of now, however long it takes to write: stored objects never change. */
function sendPresent(watch: Watch, lines: LineSink): void {
  const { world, type, namespace, query } = watch;
  lines.sendInTurns(presentLines(watch, world.store.list(type.kind, namespace)));
  if (isFlagOn(query.get('sendInitialEvents')) && allowsBookmarks(query))
    sendBookmark(watch, lines, { 'k8s.io/initial-events-end': 'true' });
}

function* presentLines(watch: Watch, objects: readonly StoredObject[]): Generator<string> {
  for (const object of objects) {
    if (watch.matches(object)) yield lineText('ADDED', inForm(watch, shownObject(watch.type, object)));
  }
}

function* missedLines(watch: Watch, events: readonly StoreEvent[]): Generator<string> {
  for (const event of events) {
    const line = event.object.kind === watch.type.kind ? lineOf(watch, event) : undefined;
    if (line !== undefined) yield line;
  }
}

/**
 * An object that begins to match a selector is ADDED for this watch, one that ceases to is DELETED, whatever happened to it:
 * https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go
 */
function lineOf(watch: Watch, event: StoreEvent): string | undefined {
  const { namespace, matches } = watch;
  const { object, previous, onlyNotes } = event;
  if (namespace !== undefined && object.metadata.namespace !== namespace) return undefined;
  const matchesNow = event.type !== 'DELETED' && matches(object);
  // No selector looks at annotations.
  const matchedBefore = onlyNotes ? matchesNow : previous !== undefined && matches(previous);
  if (!matchedBefore && !matchesNow) return undefined;
  const line = watch.told.lineOf(watch, event, matchedBefore, matchesNow);
  watch.hasTold = true;
  return line;
}

function inForm(watch: Watch, object: Record<string, unknown>, isBookmark = false): Record<string, unknown> {
  const { form, type, world } = watch;
  const told = toldAs(form, object, {
    kind: type.kind,
    nowMs: world.nowMs(),
    isFirst: !watch.hasTold,
    isBookmark,
  });
  if (!isBookmark) watch.hasTold = true;
  return told;
}

/** Watches whose lines are the same, letter by letter. */
function formKey({ form, hasTold }: Watch): string {
  return form.kind === 'table' ? `table ${form.include} ${hasTold}` : form.kind;
}

/** The lines of the event that is being told: watches with other selectors tell the same object, which is written once. */
class ToldLines {
  #event: StoreEvent | undefined;
  readonly #lines = new Map<string, string>();

  lineOf(watch: Watch, event: StoreEvent, matchedBefore: boolean, matchesNow: boolean): string {
    if (this.#event !== event) this.#lines.clear();
    this.#event = event;
    const word = !matchedBefore ? 'ADDED' : matchesNow ? 'MODIFIED' : 'DELETED';
    const key = `${word} ${groupVersion(watch.type)} ${formKey(watch)}`;
    const line = this.#lines.get(key) ?? lineText(word, inForm(watch, toldObject(word, watch.type, event)));
    this.#lines.set(key, line);
    return line;
  }
}

function toldObject(word: string, type: ResourceType, event: StoreEvent): Record<string, unknown> {
  const { object, previous } = event;
  if (word !== 'DELETED' || previous === undefined) return shownObject(type, object);
  return { ...shownObject(type, previous), metadata: leftMetadata(previous, event) };
}

/** The last state that matched, at the version of the change that took it away. */
function leftMetadata(previous: StoredObject, event: StoreEvent): StoredObject['metadata'] {
  return { ...previous.metadata, resourceVersion: String(event.resourceVersion) };
}

/** `tellWaiting` sends what happened before now, which bookmarks and the end come after. */
function scheduleEnd(watch: Watch, lines: LineSink, tellWaiting: () => void): void {
  const { clock, query } = watch;
  const timeoutMs = (Number(query.get('timeoutSeconds')) || usualTimeoutSeconds) * 1000;
  const end = () => {
    tellWaiting();
    lines.end();
  };
  lines.onClose(clock.after(timeoutMs, end));
  if (!allowsBookmarks(query)) return;
  const remind = () => {
    tellWaiting();
    sendBookmark(watch, lines, undefined);
  };
  lines.onClose(clock.after(Math.max(timeoutMs - bookmarkBeforeEndMs, timeoutMs / 2), remind));
  let cancelNext = () => {};
  const every = () => {
    remind();
    cancelNext = clock.after(bookmarkEveryMs, every);
  };
  cancelNext = clock.after(bookmarkEveryMs, every);
  lines.onClose(() => cancelNext());
}

function allowsBookmarks(query: URLSearchParams): boolean {
  return isFlagOn(query.get('allowWatchBookmarks'));
}

function sendBookmark(watch: Watch, lines: LineSink, annotations: Record<string, string> | undefined): void {
  const { type, world } = watch;
  const bookmark = {
    kind: type.kind,
    apiVersion: groupVersion(type),
    metadata: {
      resourceVersion: String(world.store.resourceVersion),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
  send(lines, 'BOOKMARK', inForm(watch, bookmark, true));
}

function send(lines: LineSink, type: string, object: unknown): void {
  lines.send(Buffer.from(lineText(type, object)));
}

function lineText(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}
