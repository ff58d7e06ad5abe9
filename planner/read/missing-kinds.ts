import type { Pod } from '../model.ts';
import { note, type Reading } from './reading.ts';

/** Notes each kind of which there is no object (`kinds` are those there are) though something in it asks for one. */
export function noteMissingKinds(
  reading: Reading,
  kinds: ReadonlySet<string>,
  fleet: { readonly pods: readonly Pod[]; readonly clusters: readonly unknown[] },
): void {
  const none = (kind: string) => !kinds.has(kind);
  const missing: string[] = [];
  if (none('Pod')) missing.push('Pod');
  // Volumes that are missing are told pod by pod (no-persistent-volumes); claims that are missing hide them altogether.
  if (none('PersistentVolumeClaim') && reading.found.has('no-persistent-volumes'))
    missing.push('PersistentVolumeClaim');
  if (none('PersistentVolume') && reading.found.has('no-persistent-volumes'))
    missing.push('PersistentVolume');
  if (none('StatefulSet') && fleet.pods.some((pod) => pod.owner.kind === 'StatefulSet'))
    missing.push('StatefulSet');
  if (none('Endpoints') && none('ConfigMap') && fleet.clusters.length > 0) missing.push('Endpoints');
  if (none('PodDisruptionBudget') && fleet.pods.length > 0) missing.push('PodDisruptionBudget');
  for (const kind of missing.sort())
    note(reading, 'kind-missing', kind, {
      // Without pods every node looks empty, and the plan would give back nodes with databases on them.
      severity: kind === 'Pod' ? 'risks' : 'note',
      fix: 'kubectl get nodes,pods,pvc,pv,pdb,statefulsets,endpoints,configmaps -A -o json',
    });
}
