import type { KubernetesObject } from '../fixtures/fleet.ts';
import type { KubernetesList } from '../fixtures/fleet-parts.ts';

/** Returns the list with one object changed, for what the builders do not know. Throws where there is no such object. */
export function changed(
  list: KubernetesList,
  kind: string,
  name: string,
  change: (draft: KubernetesObject) => void,
): KubernetesList {
  const copy = structuredClone(list);
  const found = copy.items.find((each) => each.kind === kind && each.metadata.name === name);
  if (found === undefined) {
    throw new Error(`no ${kind} ${name}`);
  }
  change(found);
  return copy;
}
