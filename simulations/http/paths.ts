/**
 * Reads a path of the Kubernetes API into what it addresses.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 */
import { findResourceType, type ResourceType, resourceTypes } from './resources.ts';

export type Address =
  /** A document of the server itself: /version, /apis, /readyz, ... */
  | { readonly kind: 'document'; readonly path: string }
  /** All objects of a type, in one namespace or in all of them. */
  | { readonly kind: 'collection'; readonly type: ResourceType; readonly namespace: string | undefined }
  | {
      readonly kind: 'object';
      readonly type: ResourceType;
      readonly namespace: string | undefined;
      readonly name: string;
      readonly subresource: string | undefined;
    }
  /** A group and version that is served, but no such resource in it (404 as a Status). */
  | { readonly kind: 'unknown-resource' }
  /** Nothing known begins like this (404 as plain text). */
  | { readonly kind: 'unknown-path' };

/** What `path` addresses; the path comes without its query. */
export function readPath(path: string): Address {
  const parts = path.split('/').filter((part) => part !== '');
  const segments = decodeAll(parts);
  if (segments === undefined) return { kind: 'unknown-path' };
  const root = segments[0];
  if (root === 'api' && segments.length > 2) return readResource('', segments[1] ?? '', segments.slice(2));
  if (root === 'apis' && segments.length > 3)
    return readResource(segments[1] ?? '', segments[2] ?? '', segments.slice(3));
  return { kind: 'document', path: `/${parts.join('/')}` };
}

/** Undefined: a percent sign that stands for nothing. */
function decodeAll(parts: readonly string[]): string[] | undefined {
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}

function readResource(group: string, version: string, rest: readonly string[]): Address {
  if (!resourceTypes.some((type) => type.group === group)) return { kind: 'unknown-path' };
  const inNamespace = rest[0] === 'namespaces' && rest.length >= 3 && !isNamespaceSubresource(rest);
  const namespace = inNamespace ? rest[1] : undefined;
  const [plural, name, subresource, ...more] = inNamespace ? rest.slice(2) : rest;
  const type = findResourceType(group, version, plural ?? '');
  if (type === undefined || more.length > 0) return { kind: 'unknown-resource' };
  if (inNamespace && !type.namespaced) return { kind: 'unknown-resource' };
  if (name === undefined) return { kind: 'collection', type, namespace };
  if (!type.verbs.includes('get')) return { kind: 'unknown-resource' };
  if (type.namespaced && namespace === undefined) return { kind: 'unknown-resource' };
  return { kind: 'object', type, namespace, name, subresource };
}

/** `/api/v1/namespaces/x/status` addresses the namespace itself and not a resource called status in it. */
function isNamespaceSubresource(rest: readonly string[]): boolean {
  return rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize');
}
