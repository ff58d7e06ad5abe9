/** Changes of one node as ports.ts names them, on the store, with its resourceVersion as guard. */
import { CORDON_MARK, FENCE_TAINT, RELEASE_MARK } from '../executor/marks.ts';
import type { NodeChange } from '../executor/ports.ts';
import type { StoredObject } from './world/object-store.ts';
import { annotationsOf } from './world/read-objects.ts';
import type { World } from './world/world.ts';

/** 'conflict': somebody changed the node since it was looked at, and nothing is done. Already so: 'done'. */
export function changeNode(
  world: World,
  node: { readonly name: string; readonly resourceVersion: string },
  change: NodeChange,
): 'done' | 'conflict' | 'gone' {
  const stored = world.store.get('Node', undefined, node.name);
  if (stored === undefined) return 'gone';
  if (stored.metadata.resourceVersion !== node.resourceVersion) return 'conflict';
  world.store.update('Node', undefined, node.name, (draft) => apply(draft, change));
  return 'done';
}

function apply(draft: StoredObject, change: NodeChange): void {
  draft.spec ??= {};
  switch (change.kind) {
    case 'fence':
      setTaints(draft, [
        ...taintsExceptFence(draft),
        { key: FENCE_TAINT, value: change.run, effect: 'NoSchedule' },
      ]);
      break;
    case 'unfence':
      if (fenceOf(draft)?.value === change.run) setTaints(draft, taintsExceptFence(draft));
      break;
    case 'cordon':
      // Somebody else's cordon stays theirs.
      if (draft.spec.unschedulable === true) break;
      draft.spec.unschedulable = true;
      annotate(draft, CORDON_MARK, change.run);
      break;
    case 'uncordon':
      if (annotationsOf(draft)[CORDON_MARK] !== change.run) break;
      delete draft.spec.unschedulable;
      annotate(draft, CORDON_MARK, undefined);
      break;
    case 'mark-released':
      annotate(draft, RELEASE_MARK, change.run);
      break;
  }
}

type Taint = { key: string; value?: string; effect: string };

function fenceOf(node: StoredObject): Taint | undefined {
  const taints: readonly Taint[] = node.spec?.taints ?? [];
  return taints.find((taint) => taint.key === FENCE_TAINT && taint.effect === 'NoSchedule');
}

function taintsExceptFence(node: StoredObject): readonly Taint[] {
  const taints: readonly Taint[] = node.spec?.taints ?? [];
  const fence = fenceOf(node);
  return taints.filter((taint) => taint !== fence);
}

function setTaints(node: StoredObject, taints: readonly Taint[]): void {
  if (taints.length === 0) delete node.spec.taints;
  else node.spec.taints = taints;
}

function annotate(node: StoredObject, key: string, value: string | undefined): void {
  const { [key]: _before, ...others } = node.metadata.annotations ?? {};
  node.metadata.annotations = value === undefined ? others : { ...others, [key]: value };
}
