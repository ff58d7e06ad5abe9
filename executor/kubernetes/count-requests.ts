/**
 * How often the API server was asked, by verb and resource as its own audit log and RBAC name them: `list pods`,
 * `create pods/eviction`. https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
 */
export type RequestCounts = ReadonlyMap<string, number>;

/** Pure: verb and resource of a request; `path` without its query. */
export function nameRequest(method: string, path: string, query: { readonly watch: boolean }): string {
  const parts = path.split('/').filter((part) => part !== '');
  // /api/v1/... or /apis/<group>/<version>/...
  const rest = parts[0] === 'api' ? parts.slice(2) : parts.slice(3);
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2;
  const [resource = '', name, subresource] = isNamespaced ? rest.slice(2) : rest;
  return `${verbOf(method, name !== undefined, query.watch)} ${subresource === undefined ? resource : `${resource}/${subresource}`}`;
}

function verbOf(method: string, isNamed: boolean, isWatch: boolean): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
    default:
      if (isNamed) return 'get';
      return isWatch ? 'watch' : 'list';
  }
}
