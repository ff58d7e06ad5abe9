/**
 * Nodes: read, fence, cordon, mark. Every change carries the resourceVersion that was looked at, so that a change by
 * somebody else in between is a conflict and never overwritten.
 */
import { CORDON_MARK, FENCE_TAINT, RELEASE_MARK } from '../marks.ts';
import type { KubernetesObject, NodeChange, NodeView } from '../ports.ts';
import { getObject, isMissing, listObjects } from './objects.ts';
import { type Rest, unexpected } from './rest.ts';
import { isFence, type RawTaint, readTaints, toNodeView } from './translate.ts';

/** Returns all nodes. */
export async function listNodes(rest: Rest): Promise<readonly NodeView[]> {
  const nodes = await listObjects(rest, { apiVersion: 'v1', kind: 'Node', path: '/api/v1/nodes' });
  return nodes.map(toNodeView);
}

/** Returns one node; undefined: there is none of that name. */
export async function getNode(rest: Rest, name: string): Promise<NodeView | undefined> {
  const node = await getObject(rest, pathOf(name), name);
  return node === undefined ? undefined : toNodeView(node);
}

/** Returns `done` also where the node is so already; `conflict`: it changed since it was looked at; `gone`: there is no such node. */
export async function changeNode(
  rest: Rest,
  node: { readonly name: string; readonly resourceVersion: string },
  change: NodeChange,
): Promise<'done' | 'conflict' | 'gone'> {
  // Read first: a merge patch replaces the whole list of taints, and marks of another run are not ours to take off.
  const found = await getObject(rest, pathOf(node.name), node.name);
  if (found === undefined) return 'gone';
  const view = toNodeView(found);
  if (view.resourceVersion !== node.resourceVersion) return 'conflict';
  const patch = patchFor(change, view, found);
  if (patch === 'already-so') return 'done';
  const answer = await rest.send({
    method: 'PATCH',
    path: pathOf(node.name),
    body: {
      ...patch,
      metadata: { resourceVersion: node.resourceVersion, ...patch.metadata },
    },
  });
  if (answer.status === 200) return 'done';
  if (answer.status === 409) return 'conflict';
  if (isMissing(answer, node.name)) return 'gone';
  throw unexpected(answer);
}

type NodePatch = {
  readonly metadata?: { readonly annotations: Readonly<Record<string, string | null>> };
  readonly spec?: { readonly unschedulable?: true | null; readonly taints?: readonly RawTaint[] };
};

function patchFor(change: NodeChange, view: NodeView, node: KubernetesObject): NodePatch | 'already-so' {
  switch (change.kind) {
    case 'fence': {
      if (view.fencedBy === change.run) return 'already-so';
      // A fence that an earlier run left behind is taken over: a key may stand once per effect.
      const others = readTaints(node).filter((taint) => !isFence(taint));
      const fence = { key: FENCE_TAINT, value: change.run, effect: 'NoSchedule' };
      return { spec: { taints: [...others, fence] } };
    }
    case 'unfence':
      if (view.fencedBy !== change.run) return 'already-so';
      return { spec: { taints: readTaints(node).filter((taint) => !isFence(taint)) } };
    case 'cordon':
      if (view.unschedulable) return 'already-so';
      return {
        metadata: { annotations: { [CORDON_MARK]: change.run } },
        spec: { unschedulable: true },
      };
    case 'uncordon':
      if (view.cordonedBy !== change.run) return 'already-so';
      return { metadata: { annotations: { [CORDON_MARK]: null } }, spec: { unschedulable: null } };
    case 'mark-released':
      if (view.releasedBy === change.run) return 'already-so';
      return { metadata: { annotations: { [RELEASE_MARK]: change.run } } };
  }
}

function pathOf(name: string): string {
  return `/api/v1/nodes/${encodeURIComponent(name)}`;
}
