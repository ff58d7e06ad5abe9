/**
 * What a request asks for, in the words that rights are written in. Told from the path alone, whether it is served or not.
 * https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/request/requestinfo.go
 */

import type { HttpRequest } from './answer.ts';
import { isFlagOn } from './query-flag.ts';

export type ResourceAttributes = {
  readonly kind: 'resource';
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** '' for the object itself, as in all of the fields below: the rules compare texts. */
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
};

export type Attributes =
  | ResourceAttributes
  | { readonly kind: 'path'; readonly verb: string; readonly path: string };

/** The attributes of a request to the Kubernetes API. */
export function attributesOf(request: HttpRequest): Attributes {
  const parts = request.path.split('/').filter((part) => part !== '');
  const [root, ...rest] = parts;
  const group = root === 'apis' ? (rest.shift() ?? '') : '';
  const version = rest.shift();
  if ((root !== 'api' && root !== 'apis') || version === undefined || rest.length === 0)
    return { kind: 'path', verb: request.method.toLowerCase(), path: request.path };
  const { namespace, tail } = splitNamespace(rest);
  const [resource = '', pathName = '', subresource = ''] = tail.map(decode);
  const name = pathName === '' ? nameInSelector(request) : pathName;
  const verb = verbOf(request, pathName !== '');
  return { kind: 'resource', verb, group, version, resource, subresource, namespace, name };
}

function splitNamespace(rest: readonly string[]): { namespace: string; tail: readonly string[] } {
  if (rest[0] !== 'namespaces' || rest.length < 2) return { namespace: '', tail: rest };
  const namespace = decode(rest[1] ?? '');
  // These address the namespace itself.
  const isAbout = rest.length === 2 || rest[2] === 'status' || rest[2] === 'finalize';
  return { namespace, tail: isAbout ? rest : rest.slice(2) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A list or watch of one object by its name counts as one of that object. */
function nameInSelector(request: HttpRequest): string {
  if (request.method !== 'GET' && request.method !== 'DELETE') return '';
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(request.query.get('fieldSelector') ?? '')?.[1] ?? '';
}

function verbOf(request: HttpRequest, hasName: boolean): string {
  switch (request.method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return hasName ? 'delete' : 'deletecollection';
    default:
      if (isFlagOn(request.query.get('watch'))) return 'watch';
      return hasName ? 'get' : 'list';
  }
}
