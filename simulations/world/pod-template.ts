/**
 * A pending pod as its controller creates it.
 */
import { copyJson } from './copy-json.ts';
import type { NewObject, StoredObject } from './object-store.ts';

/** A pending pod as its controller creates it from its template, with what admission adds. */
export function podFromTemplate(
  owner: StoredObject,
  name: string,
  extra: { generateName: string; labels?: Readonly<Record<string, string>> },
): NewObject {
  const template = copyJson(owner.spec?.template ?? {});
  const annotations = template.metadata?.annotations;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: extra.generateName,
      ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
      generation: 1,
      labels: { ...template.metadata?.labels, ...extra.labels },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [
        {
          apiVersion: owner.apiVersion,
          blockOwnerDeletion: true,
          controller: true,
          kind: owner.kind,
          name: owner.metadata.name,
          uid: owner.metadata.uid,
        },
      ],
    },
    spec: {
      ...template.spec,
      schedulerName: template.spec?.schedulerName ?? 'default-scheduler',
      restartPolicy: template.spec?.restartPolicy ?? 'Always',
      terminationGracePeriodSeconds: template.spec?.terminationGracePeriodSeconds ?? 30,
      tolerations: [...(template.spec?.tolerations ?? []), ...USUAL_TOLERATIONS],
    },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  };
}

export const USUAL_TOLERATIONS = [
  { effect: 'NoExecute', key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 300 },
  { effect: 'NoExecute', key: 'node.kubernetes.io/unreachable', operator: 'Exists', tolerationSeconds: 300 },
];
