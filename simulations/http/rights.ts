/**
 * Role-based access control, worked out from the Roles, ClusterRoles and their bindings that the world holds.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 * The order and the words are those of https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/auth/authorizer/rbac/rbac.go
 */
import type { StoredObject } from '../world/object-store.ts';
import type { World } from '../world/world.ts';
import { isJsonObject } from './json.ts';
import type { Attributes, ResourceAttributes } from './request-attributes.ts';

export type User = {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
};

/** `system:masters` may do everything, whatever the roles say. */
export const mastersGroup = 'system:masters';

/** One rule of a role; lists that a role does not have are empty. */
export type Rule = {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
};

/** `reason` is '' where a real server gives none. */
export type Decision = { readonly allowed: boolean; readonly reason: string };

/** Whether `user` may do it, with the binding that allows it, or the roles that were not found. */
export function decide(world: World, user: User, attributes: Attributes): Decision {
  if (user.groups.includes(mastersGroup)) return { allowed: true, reason: '' };
  const missing = new Set<string>();
  const namespace = attributes.kind === 'resource' ? attributes.namespace : '';
  for (const grant of grantsOf(world, user, namespace, missing)) {
    if (allows(grant.rule, attributes)) return { allowed: true, reason: `RBAC: allowed by ${grant.by}` };
  }
  const names = [...missing];
  if (names.length === 0) return { allowed: false, reason: '' };
  return { allowed: false, reason: `RBAC: ${names.length === 1 ? names[0] : `[${names.join(', ')}]`}` };
}

/** Every rule that holds for `user` in `namespace`, each once. */
export function rulesFor(world: World, user: User, namespace: string): readonly Rule[] {
  const rules = [...grantsOf(world, user, namespace, new Set())].map((grant) => grant.rule);
  const all = user.groups.includes(mastersGroup) ? [...everything, ...rules] : rules;
  return [...new Map(all.map((rule) => [JSON.stringify(rule), rule])).values()];
}

const everything: readonly Rule[] = [
  readRule({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }),
  readRule({ verbs: ['*'], nonResourceURLs: ['*'] }),
];

type Grant = { readonly rule: Rule; readonly by: string };

/** Bindings of the cluster hold everywhere, those of a namespace in it only. Roles that are bound and not there go to `missing`. */
function* grantsOf(world: World, user: User, namespace: string, missing: Set<string>): Generator<Grant> {
  for (const binding of world.store.list('ClusterRoleBinding'))
    yield* grantsBy(world, user, binding, binding.metadata.name, missing);
  if (namespace === '') return;
  for (const binding of world.store.list('RoleBinding', namespace))
    yield* grantsBy(world, user, binding, `${binding.metadata.name}/${namespace}`, missing);
}

function* grantsBy(
  world: World,
  user: User,
  binding: StoredObject,
  shownName: string,
  missing: Set<string>,
): Generator<Grant> {
  const subject = fieldsIn(binding.subjects).find((one) => isSubject(user, one, binding));
  if (subject === undefined) return;
  const role = isJsonObject(binding.roleRef) ? binding.roleRef : {};
  const kind = role.kind === 'Role' ? 'Role' : 'ClusterRole';
  const name = String(role.name);
  const found = world.store.get(kind, kind === 'Role' ? binding.metadata.namespace : undefined, name);
  if (found === undefined) {
    missing.add(`${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found`);
    return;
  }
  const by = `${binding.kind} "${shownName}" of ${kind} "${name}" to ${shownSubject(subject, binding)}`;
  for (const rule of fieldsIn(found.rules)) yield { rule: readRule(rule), by };
}

type Fields = { readonly [field: string]: unknown };

function fieldsIn(list: unknown): readonly Fields[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function isSubject(user: User, subject: Fields, binding: StoredObject): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user.name;
    case 'Group':
      return user.groups.includes(String(subject.name));
    case 'ServiceAccount':
      return user.name === `system:serviceaccount:${namespaceOf(subject, binding)}:${String(subject.name)}`;
    default:
      return false;
  }
}

function namespaceOf(subject: Fields, binding: StoredObject): string {
  return String(subject.namespace ?? binding.metadata.namespace ?? '');
}

function shownSubject(subject: Fields, binding: StoredObject): string {
  return subject.kind === 'ServiceAccount'
    ? `ServiceAccount "${String(subject.name)}/${namespaceOf(subject, binding)}"`
    : `${String(subject.kind)} "${String(subject.name)}"`;
}

function readRule(rule: Fields): Rule {
  const texts = (list: unknown) => (Array.isArray(list) ? list.map(String) : []);
  return {
    verbs: texts(rule.verbs),
    apiGroups: texts(rule.apiGroups),
    resources: texts(rule.resources),
    resourceNames: texts(rule.resourceNames),
    nonResourceURLs: texts(rule.nonResourceURLs),
  };
}

function allows(rule: Rule, attributes: Attributes): boolean {
  if (!names(rule.verbs, attributes.verb)) return false;
  if (attributes.kind === 'path') return rule.nonResourceURLs.some((url) => coversPath(url, attributes.path));
  return (
    names(rule.apiGroups, attributes.group) &&
    coversResource(rule.resources, attributes) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(attributes.name))
  );
}

function names(list: readonly string[], wanted: string): boolean {
  return list.includes('*') || list.includes(wanted);
}

function coversPath(url: string, path: string): boolean {
  return url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));
}

function coversResource(
  resources: readonly string[],
  { resource, subresource }: ResourceAttributes,
): boolean {
  if (subresource === '') return names(resources, resource);
  return names(resources, `${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}
