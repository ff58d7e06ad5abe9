/**
 * The resources that the simulated API server serves, with what discovery says about them.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#standard-api-terminology
 */
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
  readonly subresources: readonly ('status' | 'scale' | 'eviction')[];
  /** Fields that `fieldSelector` may name besides metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[];
};

type Row = Partial<ResourceType> & Pick<ResourceType, 'plural' | 'singular' | 'kind'>;

function ofGroup(group: string, version: string, rows: readonly Row[]): ResourceType[] {
  return rows.map((row) => ({
    group,
    version,
    namespaced: true,
    shortNames: [],
    categories: [],
    subresources: [],
    selectableFields: [],
    ...row,
  }));
}

const core = ofGroup('', 'v1', [
  { plural: 'configmaps', singular: 'configmap', kind: 'ConfigMap', shortNames: ['cm'] },
  { plural: 'endpoints', singular: 'endpoints', kind: 'Endpoints', shortNames: ['ep'] },
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
    subresources: ['eviction', 'status'],
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

const coordination = ofGroup('coordination.k8s.io', 'v1', [
  { plural: 'leases', singular: 'lease', kind: 'Lease' },
]);

const policy = ofGroup('policy', 'v1', [
  {
    plural: 'poddisruptionbudgets',
    singular: 'poddisruptionbudget',
    kind: 'PodDisruptionBudget',
    shortNames: ['pdb'],
    subresources: ['status'],
  },
]);

const storage = ofGroup('storage.k8s.io', 'v1', [
  { plural: 'csinodes', singular: 'csinode', kind: 'CSINode', namespaced: false },
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
]);

/** In discovery's order: by group as served, within it by plural. */
export const resourceTypes: readonly ResourceType[] = [
  ...core,
  ...apps,
  ...coordination,
  ...policy,
  ...storage,
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
