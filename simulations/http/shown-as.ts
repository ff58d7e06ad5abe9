/**
 * Other forms of what is read: a table, as `kubectl get` prints it, and the metadata alone.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import { wantedForm } from './accept.ts';
import { type Answer, type HttpRequest, jsonAnswer } from './answer.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { type Column, columnsOf } from './table-columns.ts';

const formsVersion = 'meta.k8s.io/v1';

/** The answer to a GET of an object or a list, in the form that the client wants most. */
export function shownAs(answer: Answer, kind: string, nowMs: number, request: HttpRequest): Answer {
  if (answer.status !== 200 || !isJsonObject(answer.body)) return answer;
  switch (wantedForm(request.headers.accept ?? '', 'meta.k8s.io', 'v1')) {
    case 'Table':
      return { ...answer, ...jsonAnswer(200, tableOf(answer.body, kind, nowMs, request.query)) };
    case 'PartialObjectMetadataList':
    case 'PartialObjectMetadata':
      return { ...answer, ...jsonAnswer(200, metadataOf(answer.body)) };
    default:
      return answer;
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

function tableOf(body: JsonObject, kind: string, nowMs: number, query: URLSearchParams): JsonObject {
  const columns = columnsOf(kind);
  const objects = Array.isArray(body.items) ? body.items.filter(isJsonObject) : [body];
  const metadata = isJsonObject(body.metadata) ? body.metadata : {};
  const { resourceVersion } = metadata;
  const include = query.get('includeObject') ?? 'Metadata';
  return {
    kind: 'Table',
    apiVersion: formsVersion,
    metadata: Array.isArray(body.items) ? metadata : { resourceVersion },
    columnDefinitions: columns.map(definitionOf),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, nowMs)),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : partial(object) }),
    })),
  };
}

function definitionOf({ name, type, isWide }: Column): JsonObject {
  const format = name === 'Name' ? 'name' : '';
  return { name, type, format, description: '', priority: isWide ? 1 : 0 };
}
