/**
 * The resources that the simulated API server serves, with what discovery says about them.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#standard-api-terminology
 */
export type Subresource = 'status' | 'scale' | 'binding' | 'eviction' | 'token';

export type ResourceType = {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
  /** What may be asked of it: all of them for what is stored, only `create` for questions such as access reviews. */
  readonly verbs: readonly string[];
  /** The sentence that every answer about the resource carries as a warning; undefined: not deprecated. */
  readonly deprecation?: string;
  /** Fields that `fieldSelector` may name besides metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[];
};

/** One object that a request addresses. */
export type Target = {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
};

/** Which part of an object a request may write: everything but status, or only it. */
export type WrittenPart = 'object' | 'status';

type Row = Partial<ResourceType> & Pick<ResourceType, 'plural' | 'singular' | 'kind'>;

function ofGroup(group: string, version: string, rows: readonly Row[]): ResourceType[] {
  return rows.map((row) => ({
    group,
    version,
    namespaced: true,
    shortNames: [],
    categories: [],
    subresources: [],
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    selectableFields: [],
    ...row,
  }));
}

const core = ofGroup('', 'v1', [
  { plural: 'configmaps', singular: 'configmap', kind: 'ConfigMap', shortNames: ['cm'] },
  {
    plural: 'endpoints',
    singular: 'endpoints',
    kind: 'Endpoints',
    shortNames: ['ep'],
    deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  },
  {
    plural: 'events',
    singular: 'event',
    kind: 'Event',
    shortNames: ['ev'],
    selectableFields: [
      'involvedObject.kind',
      'involvedObject.name',
      'involvedObject.namespace',
      'involvedObject.uid',
      'reason',
      'type',
    ],
  },
  {
    plural: 'namespaces',
    singular: 'namespace',
    kind: 'Namespace',
    namespaced: false,
    shortNames: ['ns'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    subresources: ['status'],
    selectableFields: ['status.phase'],
  },
  {
    plural: 'nodes',
    singular: 'node',
    kind: 'Node',
    namespaced: false,
    shortNames: ['no'],
    subresources: ['status'],
    selectableFields: ['spec.unschedulable'],
  },
  {
    plural: 'persistentvolumeclaims',
    singular: 'persistentvolumeclaim',
    kind: 'PersistentVolumeClaim',
    shortNames: ['pvc'],
    subresources: ['status'],
  },
  {
    plural: 'persistentvolumes',
    singular: 'persistentvolume',
    kind: 'PersistentVolume',
    namespaced: false,
    shortNames: ['pv'],
    subresources: ['status'],
  },
  {
    plural: 'pods',
    singular: 'pod',
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['binding', 'eviction', 'status'],
    selectableFields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ],
  },
  {
    plural: 'serviceaccounts',
    singular: 'serviceaccount',
    kind: 'ServiceAccount',
    shortNames: ['sa'],
    subresources: ['token'],
  },
  {
    plural: 'services',
    singular: 'service',
    kind: 'Service',
    shortNames: ['svc'],
    categories: ['all'],
    subresources: ['status'],
    selectableFields: ['spec.clusterIP', 'spec.type'],
  },
]);

const apps = ofGroup('apps', 'v1', [
  { plural: 'controllerrevisions', singular: 'controllerrevision', kind: 'ControllerRevision' },
  {
    plural: 'daemonsets',
    singular: 'daemonset',
    kind: 'DaemonSet',
    shortNames: ['ds'],
    categories: ['all'],
    subresources: ['status'],
  },
  {
    plural: 'deployments',
    singular: 'deployment',
    kind: 'Deployment',
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: ['scale', 'status'],
  },
  {
    plural: 'replicasets',
    singular: 'replicaset',
    kind: 'ReplicaSet',
    shortNames: ['rs'],
    categories: ['all'],
    subresources: ['scale', 'status'],
    selectableFields: ['status.replicas'],
  },
  {
    plural: 'statefulsets',
    singular: 'statefulset',
    kind: 'StatefulSet',
    shortNames: ['sts'],
    categories: ['all'],
    subresources: ['scale', 'status'],
  },
]);

const authentication = ofGroup(
  'authentication.k8s.io',
  'v1',
  questions([
    ['SelfSubjectReview', 'selfsubjectreview'],
    ['TokenReview', 'tokenreview'],
  ]),
);

const authorization = ofGroup('authorization.k8s.io', 'v1', [
  ...questions([['LocalSubjectAccessReview', 'localsubjectaccessreview']]).map((row) => ({
    ...row,
    namespaced: true,
  })),
  ...questions([
    ['SelfSubjectAccessReview', 'selfsubjectaccessreview'],
    ['SelfSubjectRulesReview', 'selfsubjectrulesreview'],
    ['SubjectAccessReview', 'subjectaccessreview'],
  ]),
]);

/** Kinds that are only ever posted, answered and forgotten. */
function questions(names: readonly (readonly [kind: string, singular: string])[]): Row[] {
  return names.map(([kind, singular]) => ({
    plural: `${singular}s`,
    singular,
    kind,
    namespaced: false,
    verbs: ['create'],
  }));
}

const policy = ofGroup('policy', 'v1', [
  {
    plural: 'poddisruptionbudgets',
    singular: 'poddisruptionbudget',
    kind: 'PodDisruptionBudget',
    shortNames: ['pdb'],
    subresources: ['status'],
  },
]);

const rbac = ofGroup('rbac.authorization.k8s.io', 'v1', [
  {
    plural: 'clusterrolebindings',
    singular: 'clusterrolebinding',
    kind: 'ClusterRoleBinding',
    namespaced: false,
  },
  { plural: 'clusterroles', singular: 'clusterrole', kind: 'ClusterRole', namespaced: false },
  { plural: 'rolebindings', singular: 'rolebinding', kind: 'RoleBinding' },
  { plural: 'roles', singular: 'role', kind: 'Role' },
]);

const storage = ofGroup('storage.k8s.io', 'v1', [
  { plural: 'csidrivers', singular: 'csidriver', kind: 'CSIDriver', namespaced: false },
  { plural: 'csinodes', singular: 'csinode', kind: 'CSINode', namespaced: false },
  { plural: 'csistoragecapacities', singular: 'csistoragecapacity', kind: 'CSIStorageCapacity' },
  {
    plural: 'storageclasses',
    singular: 'storageclass',
    kind: 'StorageClass',
    namespaced: false,
    shortNames: ['sc'],
  },
  {
    plural: 'volumeattachments',
    singular: 'volumeattachment',
    kind: 'VolumeAttachment',
    namespaced: false,
    subresources: ['status'],
  },
  {
    plural: 'volumeattributesclasses',
    singular: 'volumeattributesclass',
    kind: 'VolumeAttributesClass',
    namespaced: false,
    shortNames: ['vac'],
  },
]);

const coordination = ofGroup('coordination.k8s.io', 'v1', [
  { plural: 'leases', singular: 'lease', kind: 'Lease' },
]);

const discovery = ofGroup('discovery.k8s.io', 'v1', [
  { plural: 'endpointslices', singular: 'endpointslice', kind: 'EndpointSlice' },
]);

/** In discovery's order: groups as a real server lists them, within a group by plural. */
export const resourceTypes: readonly ResourceType[] = [
  ...core,
  ...apps,
  ...authentication,
  ...authorization,
  ...policy,
  ...rbac,
  ...storage,
  ...coordination,
  ...discovery,
];

/** `v1` or `group/version`. */
export function groupVersion(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The resource type of a path, undefined if it is not served. */
export function findResourceType(group: string, version: string, plural: string): ResourceType | undefined {
  return resourceTypes.find(
    (type) => type.group === group && type.version === version && type.plural === plural,
  );
}

/** What a subresource takes and answers with; no group and version: those of its resource. */
export function subresourceKind(
  type: ResourceType,
  subresource: Subresource,
): {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
} {
  switch (subresource) {
    case 'status':
      return { kind: type.kind, verbs: ['get', 'patch', 'update'] };
    case 'scale':
      return { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] };
    case 'binding':
      return { kind: 'Binding', verbs: ['create'] };
    case 'eviction':
      return { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] };
    case 'token':
      return { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] };
  }
}
