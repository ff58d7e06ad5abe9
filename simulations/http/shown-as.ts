/**
 * Other forms of what is read: a table, as `kubectl get` prints it, and the metadata alone.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import { wantedForm } from './accept.ts';
import { type Answer, type HttpRequest, jsonAnswer } from './answer.ts';
import type { Column } from './column.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { columnsOf } from './table-columns.ts';

const formsVersion = 'meta.k8s.io/v1';

/** A form that a client wants objects in. `include`: what of the object comes with its row, `Metadata` unless asked for. */
export type Form =
  | { readonly kind: 'plain' }
  | { readonly kind: 'metadata' }
  | { readonly kind: 'table'; readonly include: string };

/** The form that the client wants most. */
export function formOf(request: Pick<HttpRequest, 'headers' | 'query'>): Form {
  switch (wantedForm(request.headers.accept ?? '', 'meta.k8s.io', 'v1')) {
    case 'Table':
      return { kind: 'table', include: request.query.get('includeObject') ?? 'Metadata' };
    case 'PartialObjectMetadataList':
    case 'PartialObjectMetadata':
      return { kind: 'metadata' };
    default:
      return { kind: 'plain' };
  }
}

/** The answer to a GET of an object or a list, in the form that the client wants most. */
export function shownAs(answer: Answer, kind: string, nowMs: number, request: HttpRequest): Answer {
  if (answer.status !== 200 || !isJsonObject(answer.body)) return answer;
  const form = formOf(request);
  switch (form.kind) {
    case 'table':
      return { ...answer, ...jsonAnswer(200, tableOf(answer.body, kind, nowMs, form.include)) };
    case 'metadata':
      return { ...answer, ...jsonAnswer(200, metadataOf(answer.body)) };
    case 'plain':
      return answer;
  }
}

/**
 * The object of one line of a watch. Its columns are told with the first line only, as a real server does; a bookmark is a table
 * without rows.
 */
export function toldAs(
  form: Form,
  object: JsonObject,
  told: {
    readonly kind: string;
    readonly nowMs: number;
    readonly isFirst: boolean;
    readonly isBookmark: boolean;
  },
): JsonObject {
  switch (form.kind) {
    case 'table': {
      const table = tableOf(object, told.kind, told.nowMs, form.include);
      const { columnDefinitions, rows } = table;
      return {
        ...table,
        columnDefinitions: told.isFirst ? columnDefinitions : [],
        rows: told.isBookmark ? [] : rows,
      };
    }
    case 'metadata':
      return partial(object);
    case 'plain':
      return object;
  }
}

function metadataOf(body: JsonObject): JsonObject {
  if (!Array.isArray(body.items)) return partial(body);
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: formsVersion,
    metadata: body.metadata,
    items: body.items.map(partial),
  };
}

function partial(object: JsonObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: formsVersion, metadata: object.metadata };
}

function tableOf(body: JsonObject, kind: string, nowMs: number, include: string): JsonObject {
  const columns = columnsOf(kind);
  const { apiVersion } = body;
  const objects = Array.isArray(body.items) ? body.items.filter(isJsonObject) : [body];
  const metadata = isJsonObject(body.metadata) ? body.metadata : {};
  const { resourceVersion } = metadata;
  return {
    kind: 'Table',
    apiVersion: formsVersion,
    metadata: Array.isArray(body.items) ? metadata : { resourceVersion },
    columnDefinitions: columns.map(definitionOf),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, nowMs)),
      // A row stands alone: its object names its kind, which the items of a list do not.
      ...(include === 'None'
        ? {}
        : { object: include === 'Object' ? { kind, apiVersion, ...object } : partial(object) }),
    })),
  };
}

function definitionOf({ name, type, isWide }: Column): JsonObject {
  const format = name === 'Name' ? 'name' : '';
  return { name, type, format, description: '', priority: isWide ? 1 : 0 };
}
