/**
 * The roles and bindings that an API server makes when it first starts, as far as the resources served here go.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
 */
import { hashText } from '../world/random.ts';
import type { World } from '../world/world.ts';
import { type ResourceType, resourceTypes } from './resources.ts';

type Rule = { readonly [list: string]: readonly string[] };

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'patch', 'update'];

const health = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const documents = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*'];
const discovered = [...documents, ...health].sort();

const selfReviews: readonly Rule[] = [
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
];

const authenticated = ['system:authenticated'];
const roles: readonly { name: string; rules: readonly Rule[]; groups?: readonly string[] }[] = [
  {
    name: 'cluster-admin',
    rules: [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ],
    groups: ['system:masters'],
  },
  { name: 'system:basic-user', rules: selfReviews, groups: authenticated },
  {
    name: 'system:discovery',
    rules: [{ verbs: ['get'], nonResourceURLs: discovered }],
    groups: authenticated,
  },
  {
    name: 'system:public-info-viewer',
    rules: [{ verbs: ['get'], nonResourceURLs: health }],
    groups: [...authenticated, 'system:unauthenticated'],
  },
  { name: 'view', rules: onOrdinary(read) },
  { name: 'edit', rules: [...onOrdinary([...read, ...write]), evictions()] },
  { name: 'admin', rules: [...onOrdinary([...read, ...write]), evictions(), onRoles()] },
];

/** The namespaced resources, but not those that give rights. */
function onOrdinary(verbs: readonly string[]): Rule[] {
  const ordinary = resourceTypes.filter(
    (type) => type.namespaced && type.verbs.includes('list') && !givesRights(type),
  );
  return [...new Set(ordinary.map((type) => type.group))].map((group) => ({
    verbs,
    apiGroups: [group],
    resources: ordinary.filter((type) => type.group === group).map((type) => type.plural),
  }));
}

function givesRights(type: ResourceType): boolean {
  return type.group === 'rbac.authorization.k8s.io';
}

function evictions(): Rule {
  return { verbs: ['create'], apiGroups: [''], resources: ['pods/eviction', 'serviceaccounts/token'] };
}

function onRoles(): Rule {
  const verbs = [...read, ...write];
  return { verbs, apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings', 'roles'] };
}

const rbacVersion = 'rbac.authorization.k8s.io/v1';

/** Puts the default roles and their bindings into the world; those that are there already stay as they are. */
export function createDefaultRights(world: World): void {
  for (const { name, rules, groups } of roles) {
    world.store.create({
      apiVersion: rbacVersion,
      kind: 'ClusterRole',
      metadata: metadataOf('ClusterRole', name),
      rules,
    });
    if (groups === undefined) continue;
    world.store.create({
      apiVersion: rbacVersion,
      kind: 'ClusterRoleBinding',
      metadata: metadataOf('ClusterRoleBinding', name),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: groups.map((group) => ({
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'Group',
        name: group,
      })),
    });
  }
}

/** The UID is made of the name: one drawn from the world would change everything drawn after it. */
function metadataOf(kind: string, name: string) {
  const digits = hashText(`${kind}/${name}`).toString(16).padStart(8, '0');
  return {
    name,
    uid: `${digits}-0000-4000-8000-000000000000`,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}
