/**
 * The simulated etcd: Kubernetes objects by kind, namespace and name, one growing resourceVersion, a history for watches.
 */
export type StoredObject = {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp: string;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: {
      apiVersion: string;
      kind: string;
      name: string;
      uid: string;
      controller?: boolean;
      blockOwnerDeletion?: boolean;
    }[];
    [field: string]: unknown;
  };
  // biome-ignore lint/suspicious/noExplicitAny: raw Kubernetes JSON; the rules of world/ read it with their own guards.
  [field: string]: any;
};

export type StoreEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
  readonly resourceVersion: number;
};
