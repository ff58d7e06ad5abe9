/**
 * OpenAPI v3 of what is served: enough for kubectl to find the options of a patch, and for `kubectl explain`.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
 */
import { type Answer, jsonAnswer } from './answer.ts';
import { type FieldType, fieldsOf, fieldsOfType } from './api-fields.ts';
import type { JsonObject } from './json.ts';
import { groupVersion, type ResourceType, resourceTypes } from './resources.ts';

/** The document at a path below /openapi/v3, undefined when there is none. */
export function openApiAt(path: string): Answer | undefined {
  if (path === '/openapi/v3')
    return jsonAnswer(200, { paths: Object.fromEntries(groupPaths().map(pathEntry)) });
  const found = groupPaths().find((group) => path === `/openapi/v3/${group}`);
  return found === undefined ? undefined : jsonAnswer(200, documentOf(found));
}

function groupPaths(): readonly string[] {
  return [...new Set(resourceTypes.map(groupPath))];
}

function groupPath(type: ResourceType): string {
  return `${type.group === '' ? 'api' : 'apis'}/${groupVersion(type)}`;
}

function pathEntry(path: string): [string, JsonObject] {
  return [path, { serverRelativeURL: `/openapi/v3/${path}` }];
}

function documentOf(group: string): JsonObject {
  const types = resourceTypes.filter((type) => groupPath(type) === group);
  const schemas: JsonObject = {};
  for (const type of types) addSchema(schemas, type.kind, type);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.2' },
    paths: Object.fromEntries(types.filter((type) => type.verbs.includes('patch')).map(objectPath)),
    components: { schemas },
  };
}

function objectPath(type: ResourceType): [string, JsonObject] {
  const where = type.namespaced ? '/namespaces/{namespace}' : '';
  const operation = (verb: string, options: readonly string[]) => ({
    'x-kubernetes-action': verb,
    'x-kubernetes-group-version-kind': kindOf(type),
    parameters: options.map((name) => ({ name, in: 'query', schema: { type: 'string' } })),
    responses: { 200: { description: 'OK' } },
  });
  const written = ['dryRun', 'fieldManager', 'fieldValidation'];
  return [
    `/${groupPath(type)}${where}/${type.plural}/{name}`,
    {
      get: operation('get', []),
      put: operation('put', written),
      patch: operation('patch', [...written, 'force']),
      delete: operation('delete', ['dryRun', 'gracePeriodSeconds', 'propagationPolicy']),
    },
  ];
}

function kindOf({ group, version, kind }: ResourceType): JsonObject {
  return { group, version, kind };
}

/** The name of the Go struct, in the schemas of one document; with all that it reaches. */
function addSchema(schemas: JsonObject, struct: string, type?: ResourceType): void {
  const fields = fieldsOf(struct);
  if (fields === undefined || schemas[struct] !== undefined) return;
  const properties: JsonObject = {};
  schemas[struct] = {
    type: 'object',
    properties,
    ...(type === undefined ? {} : { 'x-kubernetes-group-version-kind': [kindOf(type)] }),
  };
  for (const [name, fieldType] of fields) properties[name] = schemaOf(schemas, fieldType);
}

function schemaOf(schemas: JsonObject, type: FieldType): JsonObject {
  const { shape } = type;
  switch (shape.kind) {
    case 'list':
      return { type: 'array', items: schemaOf(schemas, shape.of) };
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(schemas, shape.of) };
    case 'struct': {
      const struct = type.name.replace(/^v1\./, '');
      if (fieldsOfType(type).size > 0) addSchema(schemas, struct);
      return { allOf: [{ $ref: `#/components/schemas/${struct}` }] };
    }
    case 'plain':
      return plainSchema(type.name);
  }
}

function plainSchema(name: string): JsonObject {
  if (name === 'bool') return { type: 'boolean' };
  if (/^int\d*$/.test(name)) return { type: 'integer', ...(name === 'int' ? {} : { format: name }) };
  if (name.startsWith('float')) return { type: 'number' };
  if (name === 'any') return { type: 'object' };
  if (name === 'time') return { type: 'string', format: 'date-time' };
  if (name === 'intOrString')
    return { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' };
  return { type: 'string', ...(name === 'bytes' ? { format: 'byte' } : {}) };
}
