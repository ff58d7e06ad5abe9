import { describe, expect, it } from 'vitest';
import { readPath } from '../../../simulations/http/paths.ts';

function shown(path: string): string {
  const address = readPath(path);
  switch (address.kind) {
    case 'collection':
      return `all ${address.type.plural} in ${address.namespace ?? 'every namespace'}`;
    case 'object':
      return `${address.type.kind} ${address.namespace ?? '-'}/${address.name} ${address.subresource ?? ''}`.trim();
    case 'document':
      return `document ${address.path}`;
    default:
      return address.kind;
  }
}

describe('a path of the Kubernetes API', () => {
  it.each([
    ['/version', 'document /version'],
    ['/apis/apps/v1', 'document /apis/apps/v1'],
    ['/api/v1/', 'document /api/v1'],
    ['/api/v1/nodes', 'all nodes in every namespace'],
    ['/api/v1/nodes/n1', 'Node -/n1'],
    ['/api/v1/nodes/n1/status', 'Node -/n1 status'],
    ['/api/v1/pods', 'all pods in every namespace'],
    ['/api/v1/namespaces/a/pods', 'all pods in a'],
    ['/api/v1/namespaces/a/pods/p/eviction', 'Pod a/p eviction'],
    ['/api/v1/namespaces', 'all namespaces in every namespace'],
    ['/api/v1/namespaces/a', 'Namespace -/a'],
    ['/api/v1/namespaces/a/status', 'Namespace -/a status'],
    ['/api/v1/namespaces/status/pods', 'all pods in status'],
    ['/apis/apps/v1/namespaces/a/statefulsets/s/scale', 'StatefulSet a/s scale'],
    ['/apis/coordination.k8s.io/v1/namespaces/a/leases/l', 'Lease a/l'],
    ['/api/v1/namespaces/a/configmaps/x%2Fy', 'ConfigMap a/x/y'],
    ['/api/v1/namespaces/a/nodes', 'unknown-resource'],
    ['/api/v1/pods/p', 'unknown-resource'],
    ['/api/v1/nothing', 'unknown-resource'],
    ['/apis/apps/v2/statefulsets', 'unknown-resource'],
    ['/api/v1/nodes/n1/status/more', 'unknown-resource'],
    ['/apis/nothing.example/v1/things', 'unknown-path'],
    ['/api/v1/nodes/%', 'unknown-path'],
  ])('%s is %s', (path, expected) => {
    expect(shown(path)).toBe(expected);
  });
});
