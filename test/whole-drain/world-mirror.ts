/** The mirror of a simulated fleet, as executor/kubernetes/mirror.ts keeps it by watches: always current, and it tells of every change. */
import { attachmentOf } from '../../executor/kubernetes/attachments.ts';
import { toNodeView } from '../../executor/kubernetes/translate.ts';
import type { FleetMirror, MirrorChange, NodeView, PodView } from '../../executor/ports.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { podViews } from '../../simulations/pod-views.ts';
import type { StoredObject, StoreEvent } from '../../simulations/world/object-store.ts';
import type { World } from '../../simulations/world/world.ts';

/** Returns the mirror. */
export function worldMirror(world: World): FleetMirror {
  const { getNode, listNodes, getPod, listPods, getReplicas, getOrdinals } = directPorts(world).kubernetes;
  const podView = podViews();
  const listeners = new Set<(change: MirrorChange) => void>();
  world.store.onEvent((event) => {
    const change = changeOf(event, podView);
    if (change !== undefined) for (const listener of listeners) listener(change);
  });
  return {
    isCurrent: () => true,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getNode,
    listNodes,
    getPod,
    listPods,
    listAttachedVolumes: async (node) => volumesOf(world, node),
    getReplicas,
    getOrdinals,
  };
}

/** What is kept of tens of thousands of attachments is not read anew for each look. */
function volumesOf(world: World, node: string): readonly string[] {
  const volumes: string[] = [];
  for (const { spec } of world.store.all('VolumeAttachment'))
    if (spec?.nodeName === node) volumes.push(String(spec.source?.persistentVolumeName));
  return volumes.toSorted();
}

/** Undefined: nothing that a decision looks at. */
function changeOf(event: StoreEvent, podView: (pod: StoredObject) => PodView): MirrorChange | undefined {
  const { type, object, previous } = event;
  const before = type === 'ADDED' ? undefined : previous;
  const after = type === 'DELETED' ? undefined : object;
  const { kind, metadata } = object;
  switch (kind) {
    case 'Pod': {
      const [was, is] = [before && podView(before), after && podView(after)];
      return isAlike(was, is) ? undefined : { kind, before: was, after: is };
    }
    case 'Node': {
      const [was, is] = [before && toNodeView(before), after && toNodeView(after)];
      const node = is ?? was;
      return node === undefined || isAlike(was, is) ? undefined : { kind, key: node.name, zone: node.zone };
    }
    case 'StatefulSet':
    case 'ReplicaSet':
      return { kind, key: `${metadata.namespace}/${metadata.name}` };
    case 'VolumeAttachment':
      return { kind, key: attachmentOf(object).node };
    default:
      return undefined;
  }
}

function isAlike(before: NodeView | PodView | undefined, after: NodeView | PodView | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return (
    JSON.stringify({ ...before, resourceVersion: '' }) === JSON.stringify({ ...after, resourceVersion: '' })
  );
}
