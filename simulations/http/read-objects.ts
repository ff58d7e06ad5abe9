/**
 * GET of one object and of lists: selectors, limit and continue, resourceVersion.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
import type { StoredObject } from '../world/object-store.ts';
import type { World } from '../world/world.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { isJsonObject, parseJson } from './json.ts';
import { groupVersion, type ResourceType } from './resources.ts';
import { readFieldSelector, readLabelSelector } from './selectors.ts';
import { badRequest, expired, notFound, versionTooLarge } from './status.ts';

/** GET of one object. */
export function getObject(
  world: World,
  type: ResourceType,
  namespace: string | undefined,
  name: string,
): Answer {
  const object = world.store.get(type.kind, namespace, name);
  return object === undefined ? notFound(type, name) : jsonAnswer(200, shownObject(type, object));
}

/** The object as a GET shows it: kind and apiVersion first. */
export function shownObject(type: ResourceType, object: StoredObject): Record<string, unknown> {
  return { ...object, kind: type.kind, apiVersion: groupVersion(type) };
}

export type ObjectFilter =
  | { readonly kind: 'filter'; readonly matches: (object: StoredObject) => boolean; readonly all: boolean }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** What labelSelector and fieldSelector of a list or watch let through. */
export function readFilter(type: ResourceType, query: URLSearchParams): ObjectFilter {
  const labels = readLabelSelector(query.get('labelSelector'));
  if (labels.kind === 'unreadable') return { kind: 'refused', answer: badRequest(labels.message) };
  const fields = readFieldSelector(query.get('fieldSelector'), type);
  if (fields.kind === 'unreadable') return { kind: 'refused', answer: badRequest(fields.message) };
  return {
    kind: 'filter',
    all: labels.all && fields.all,
    matches: (object) => labels.matches(object) && fields.matches(object),
  };
}

/** Lists that a limit cut off, kept so that their next pages show the same moment; the oldest go first (410 then). */
const keptListsMax = 50;

export type ListPages = Map<number, Map<string, readonly StoredObject[]>>;

/** Returns room for the lists of one server. */
export function createListPages(): ListPages {
  return new Map();
}

/** LIST. Pages that follow show the world as it was when the first was read. */
export function listObjects(
  world: World,
  pages: ListPages,
  type: ResourceType,
  namespace: string | undefined,
  query: URLSearchParams,
): Answer {
  const filter = readFilter(type, query);
  if (filter.kind === 'refused') return filter.answer;
  const current = world.store.resourceVersion;
  const refusal = checkVersion(query, current);
  if (refusal !== undefined) return refusal;
  const selectors = `${query.get('labelSelector') ?? ''}/${query.get('fieldSelector') ?? ''}`;
  const listKey = `${type.group}/${type.plural}/${namespace ?? ''}/${selectors}`;
  const start = readStart(query, pages, listKey, current);
  if (start.kind === 'refused') return start.answer;

  const all = start.objects ?? candidates(world, type, namespace, query);
  const limit = Number(query.get('limit') ?? 0) || Number.POSITIVE_INFINITY;
  const { page, end } = cutPage(all, filter, (object) => keyIn(object, namespace), start.from, limit);
  const metadata: Record<string, unknown> = { resourceVersion: String(start.version) };
  const last = page.at(-1);
  if (end < all.length && last !== undefined) {
    keep(pages, start.version, listKey, all);
    metadata.continue = continueToken(start.version, `${keyIn(last, namespace)}\u0000`);
    if (filter.all) metadata.remainingItemCount = all.length - end;
  }
  return jsonAnswer(200, {
    kind: `${type.kind}List`,
    apiVersion: groupVersion(type),
    metadata,
    items: page.map(withoutKind),
  });
}

/** Those among which all are that the selectors pick, in order: pods of one label or node are not looked for among all. */
function candidates(
  world: World,
  type: ResourceType,
  namespace: string | undefined,
  query: URLSearchParams,
): readonly StoredObject[] {
  const node = /^spec\.nodeName==?([^,=!]+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  const [, name, value] =
    /^([^=!,()<>\s]+)==?([^=!,()<>\s]+)(,|$)/.exec(query.get('labelSelector') ?? '') ?? [];
  if (type.kind === 'Pod' && namespace === undefined && node !== undefined) return world.pods.onNode(node);
  if (type.kind === 'Pod' && name !== undefined && value !== undefined)
    return world.pods.selected(namespace, { matchLabels: { [name]: value } });
  return world.store.list(type.kind, namespace);
}

/**
 * So many objects that match, from a key on; `end` is the place of the next one that matches. Only what is shown is looked at: a
 * large list has many pages.
 */
function cutPage(
  all: readonly StoredObject[],
  filter: Extract<ObjectFilter, { kind: 'filter' }>,
  keyOf: (object: StoredObject) => string,
  from: string,
  limit: number,
): { readonly page: readonly StoredObject[]; readonly end: number } {
  const page: StoredObject[] = [];
  for (let place = firstFrom(all, keyOf, from); place < all.length; place += 1) {
    const object = all[place];
    if (object === undefined || !filter.matches(object)) continue;
    if (page.length >= limit) return { page, end: place };
    page.push(object);
  }
  return { page, end: all.length };
}

/** Place of the first object whose key is not before `from`; lists are sorted by it. */
function firstFrom(
  all: readonly StoredObject[],
  keyOf: (object: StoredObject) => string,
  from: string,
): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const object = all[middle];
    if (object !== undefined && keyOf(object) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Typed lists carry kind and apiVersion once, not in every object. */
function withoutKind(object: StoredObject): Record<string, unknown> {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}

/** The storage key below the listed prefix, which is also the order of the list. */
function keyIn(object: StoredObject, namespace: string | undefined): string {
  const own = object.metadata.namespace;
  return namespace !== undefined || own === undefined
    ? `/${object.metadata.name}`
    : `/${own}/${object.metadata.name}`;
}

function checkVersion(query: URLSearchParams, current: number): Answer | undefined {
  if (query.get('continue')) return undefined;
  const text = query.get('resourceVersion') ?? '';
  if (text === '' || text === '0') return undefined;
  if (!/^\d+$/.test(text))
    return badRequest(`Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
  const wanted = Number(text);
  if (wanted > current) return versionTooLarge(wanted, current);
  // Only the present is kept, so an older exact version is as gone as after a compaction.
  if (query.get('resourceVersionMatch') === 'Exact' && wanted < current)
    return expired('The resourceVersion for the provided list is too old.');
  return undefined;
}

type Start =
  | {
      readonly kind: 'start';
      readonly version: number;
      readonly from: string;
      /** Undefined: the present. */
      readonly objects: readonly StoredObject[] | undefined;
    }
  | { readonly kind: 'refused'; readonly answer: Answer };

const tooOld =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

function readStart(query: URLSearchParams, pages: ListPages, listKey: string, current: number): Start {
  const token = query.get('continue');
  if (token === null || token === '')
    return { kind: 'start', version: current, from: '', objects: undefined };
  const parsed = parseJson(Buffer.from(token, 'base64url').toString('utf8'))?.value;
  if (!isJsonObject(parsed) || typeof parsed.rv !== 'number' || typeof parsed.start !== 'string') {
    const first = Buffer.from(token, 'base64url').toString('latin1').charAt(0);
    const message = `invalid continue token: continue key is not valid: invalid character '${first}' looking for beginning of value`;
    return { kind: 'refused', answer: badRequest(message) };
  }
  if (parsed.rv < 0)
    return {
      kind: 'start',
      version: current,
      from: `/${parsed.start.replace(/^\//, '')}`,
      objects: undefined,
    };
  const objects = pages.get(parsed.rv)?.get(listKey);
  if (objects === undefined)
    return { kind: 'refused', answer: expired(tooOld, continueToken(-1, parsed.start.replace(/^\//, ''))) };
  return { kind: 'start', version: parsed.rv, from: parsed.start, objects };
}

function continueToken(version: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start })).toString('base64url');
}

function keep(pages: ListPages, version: number, listKey: string, objects: readonly StoredObject[]): void {
  const lists = pages.get(version) ?? new Map<string, readonly StoredObject[]>();
  lists.set(listKey, objects);
  pages.set(version, lists);
  for (const old of pages.keys()) {
    if (pages.size <= keptListsMax) return;
    pages.delete(old);
  }
}
