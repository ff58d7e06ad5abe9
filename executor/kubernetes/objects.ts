/**
 * Reading objects: one by path, or a whole list page by page, as the API server sends them.
 */
import { z } from 'zod';
import type { KubernetesObject } from '../ports.ts';
import { type Rest, type RestAnswer, unexpected } from './rest.ts';

/** Objects per page of a list: the page size of kubectl. */
const PAGE_SIZE = 500;
/** Five million objects; a list that still goes on is a server that never ends it. */
const PAGES_MAX = 10_000;

const objectSchema = z
  .object({
    apiVersion: z.string().exactOptional(),
    kind: z.string().exactOptional(),
    metadata: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .catchall(z.unknown());
const listSchema = z.object({
  metadata: z.object({ continue: z.string().nullish(), resourceVersion: z.string().nullish() }).nullish(),
  items: z.array(objectSchema),
});
const missingSchema = z.object({
  kind: z.literal('Status'),
  reason: z.literal('NotFound'),
  details: z.object({ name: z.string() }),
});

/** Returns the object, or undefined when the server says that there is none of that name. */
export async function getObject(
  rest: Rest,
  path: string,
  name: string,
): Promise<KubernetesObject | undefined> {
  const answer = await rest.send({ method: 'GET', path });
  if (isMissing(answer, name)) return undefined;
  if (answer.status !== 200) throw unexpected(answer);
  const parsed = objectSchema.safeParse(answer.body);
  if (!parsed.success) throw unexpected(answer);
  return parsed.data;
}

export type ListedKind = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
};

/** Returns all objects of a list, each with its kind and apiVersion, which typed lists leave out of their items. */
export async function listObjects(rest: Rest, list: ListedKind): Promise<readonly KubernetesObject[]> {
  const objects: KubernetesObject[] = [];
  for await (const page of listPages(rest, list)) objects.push(...page.objects);
  return objects;
}

export type ListPage = {
  readonly objects: readonly KubernetesObject[];
  /** Of the whole list: all pages show the same moment. Undefined: the server names none. */
  readonly resourceVersion: string | undefined;
};

/** Yields a list page by page, so that nobody needs to hold it all. Throws OutsideError for answers that are no list. */
export async function* listPages(rest: Rest, list: ListedKind): AsyncGenerator<ListPage> {
  let next: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { ...list.query, limit: String(PAGE_SIZE), ...(next ? { continue: next } : {}) };
    const answer = await rest.send({ method: 'GET', path: list.path, query });
    if (answer.status !== 200) throw unexpected(answer);
    const parsed = listSchema.safeParse(answer.body);
    if (!parsed.success) throw unexpected(answer);
    const { items, metadata } = parsed.data;
    yield {
      objects: items.map((listed) => ({ ...listed, apiVersion: list.apiVersion, kind: list.kind })),
      resourceVersion: metadata?.resourceVersion ?? undefined,
    };
    next = metadata?.continue ?? undefined;
    if (next === undefined || next === '') return;
  }
  throw new Error(`GET ${list.path} did not end after ${PAGES_MAX} pages`);
}

/**
 * True only for a 404 whose Status names this very object: a 404 of a proxy, or of an API that is not served, is no
 * proof that an object is gone.
 */
export function isMissing(answer: RestAnswer, name: string): boolean {
  if (answer.status !== 404) return false;
  const parsed = missingSchema.safeParse(answer.body);
  return parsed.success && parsed.data.details.name === name;
}
