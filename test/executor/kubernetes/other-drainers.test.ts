import { describe, expect, it } from 'vitest';
import { otherDrainerOf } from '../../../executor/kubernetes/other-drainers.ts';
import { toNodeView } from '../../../executor/kubernetes/translate.ts';

const quiet = { taints: [], labels: {}, annotations: {}, isBeingDeleted: false };
const taint = (key: string, value?: string) => ({ ...quiet, taints: [{ key, value }] });

describe('somebody else who empties a node', () => {
  it.each([
    ['Karpenter', taint('karpenter.sh/disrupted')],
    ['Karpenter', taint('karpenter.sh/disruption', 'disrupting')],
    ['Cluster Autoscaler', taint('ToBeDeletedByClusterAutoscaler', '1764216000')],
    ['EKS', taint('eks.amazonaws.com/nodegroup', 'unschedulable')],
    ['Cluster Lifecycle Manager', { ...quiet, labels: { 'lifecycle-status': 'draining' } }],
    ['kured', { ...quiet, annotations: { 'weave.works/kured-reboot-in-progress': '2026-11-27' } }],
    ['kured', { ...quiet, annotations: { 'kured.dev/kured-reboot-in-progress': '2026-11-27' } }],
    ['whoever deletes', { ...quiet, isBeingDeleted: true }],
  ])('is known by its sign: %s', (actor, node) => {
    expect(otherDrainerOf(node)).toContain(actor);
  });

  it.each([
    ['a fence of ours', taint('switchyard.dev/drain', 'run-1')],
    ['what an autoscaler only thinks of', taint('DeletionCandidateOfClusterAutoscaler', '1764216000')],
    [
      'the mark of the pipeline that asks us',
      { ...quiet, labels: { 'lifecycle-status': 'decommission-pending' } },
    ],
    ['its taint', taint('decommission-pending', 'rolling-upgrade')],
    ['a cordon', taint('node.kubernetes.io/unschedulable')],
  ])('is not seen in %s', (_what, node) => {
    expect(otherDrainerOf(node)).toBeUndefined();
  });

  it('is told of by the view of a node', () => {
    const view = toNodeView({
      kind: 'Node',
      metadata: {
        name: 'n1',
        uid: 'u1',
        resourceVersion: '1',
        creationTimestamp: '2026-11-27T00:00:00Z',
        deletionTimestamp: '2026-11-27T01:00:00Z',
      },
      spec: { taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] },
    });
    expect(view.drainedByOther).toBe('Karpenter (taint karpenter.sh/disrupted)');
  });
});
