import { describe, expect, it } from 'vitest';
import { parseDrainRequest } from '../../../executor/formats/drain-request.ts';
import { describeProblem } from '../../../planner/read/describe-problem.ts';
import { loadNamedFleets, loadRandomFleets, loadSnapshot } from '../../fixtures/load.ts';

const least = { apiVersion: 'switchyard.dev/v1', kind: 'DrainRequest', nodes: { names: ['n1'] } };

function complaints(value: unknown): string[] {
  const answer = parseDrainRequest(value, 'drain.json');
  return answer.kind === 'request' ? [] : answer.problems.map(describeProblem);
}

describe('a DrainRequest from outside', () => {
  it('needs nothing but nodes', () => {
    expect(parseDrainRequest(least, 'drain.json')).toEqual({ kind: 'request', request: least });
  });

  it('may use every field', () => {
    const full = {
      ...least,
      nodes: { names: ['n1'], selector: 'lifecycle-status=decommission-pending' },
      surge: { perZone: { z1: 1, z2: 0 }, default: 1, total: null },
      replacement: {
        cpu: '4',
        memory: '64Gi',
        pods: 110,
        labels: { pool: 'a' },
        perZone: { z1: { cpu: '8', pods: 50 } },
      },
      limits: {
        parallelDrainsPerZone: 1,
        parallelSwitchovers: 4,
        parallelMovesPerCluster: 1,
        maxNewNodesPerZone: { z1: 2 },
      },
      mode: 'whole-nodes',
      hold: 'cordon',
      parking: false,
      singleMember: 'scale-out',
      clusters: {
        'default/acid-a': {
          weight: 5,
          window: 'Sat 02:00-04:00 Europe/Berlin',
          singleMember: 'skip',
          switchover: 'never',
        },
      },
    };
    expect(parseDrainRequest(full, 'drain.json')).toEqual({ kind: 'request', request: full });
  });

  it('is accepted as recorded', () => {
    const recorded = [...loadNamedFleets(), ...loadRandomFleets(), loadSnapshot('three-zones')];
    for (const { name, request } of recorded) expect(complaints(request), name).toEqual([]);
  });

  it.each([
    [
      { ...least, surges: 1 },
      'surges: an unknown field; expected one of apiVersion, kind, nodes, surge, replacement, limits, mode, hold, parking, singleMember, onDeadline, clusters',
    ],
    [{ ...least, nodes: { name: ['n1'] } }, 'nodes.name: an unknown field; expected one of names, selector'],
    [
      { ...least, surge: { perzone: {} } },
      'surge.perzone: an unknown field; expected one of perZone, default, total',
    ],
    [
      { ...least, limits: { drains: 1 } },
      'limits.drains: an unknown field; expected one of parallelDrainsPerZone, parallelSwitchovers, parallelMovesPerCluster, maxNewNodesPerZone',
    ],
    [
      { ...least, clusters: { 'default/a': { wait: 1 } } },
      'clusters.default/a.wait: an unknown field; expected one of weight, window, singleMember, switchover',
    ],
    [
      { ...least, replacement: { perZone: { z1: { cpuu: '4' } } } },
      'replacement.perZone.z1.cpuu: "4"; expected cpu, memory, pods, ephemeral-storage or another Kubernetes resource',
    ],
  ])('an unknown field is an error that names it: %#', (value, line) => {
    expect(complaints(value)).toEqual([`drain.json: ${line}`]);
  });

  it.each([
    [
      { ...least, surge: { perZone: { z1: -1 } } },
      'surge.perZone.z1: -1; expected a whole number of 0 or more',
    ],
    [{ ...least, surge: { default: 1.5 } }, 'surge.default: 1.5; expected a whole number of 0 or more'],
    [{ ...least, nodes: { names: 'n1' } }, 'nodes.names: "n1"; expected a list of node names'],
    [{ ...least, nodes: { names: ['n1', 7] } }, 'nodes.names[1]: 7; expected the name of a node'],
    [{ ...least, mode: 'all' }, 'mode: "all"; expected "pods" or "whole-nodes"'],
    [{ ...least, parking: 'yes' }, 'parking: "yes"; expected true or false'],
    [
      { ...least, limits: { maxNewNodesPerZone: { z1: 'x' } } },
      'limits.maxNewNodesPerZone.z1: "x"; expected a whole number of 0 or more',
    ],
    [
      { ...least, limits: { maxNewNodesPerZone: 'x' } },
      'limits.maxNewNodesPerZone: "x"; expected a whole number of 0 or more, an object from zone to such numbers, or null',
    ],
    [{ ...least, apiVersion: 'v1' }, 'apiVersion: "v1"; expected "switchyard.dev/v1"'],
    [
      { ...least, replacement: { cpu: 4 } },
      'replacement.cpu: 4; expected a Kubernetes quantity in quotes, such as "4" or "64Gi"',
    ],
    [
      { apiVersion: 'switchyard.dev/v1', kind: 'DrainRequest' },
      'nodes: nothing; expected an object with names, selector',
    ],
  ])('a wrong value is told with its place: %#', (value, line) => {
    expect(complaints(value)).toEqual([`drain.json: ${line}`]);
  });

  it.each([null, [], 'text', 7, undefined])('%j is no request', (value) => {
    expect(complaints(value)[0]).toMatch(/^drain\.json: .+; expected an object with apiVersion, kind, nodes/);
  });

  it('__proto__ is an unknown field and pollutes nothing', () => {
    const hostile = JSON.parse('{"surge":{"perZone":{"__proto__":{"polluted":1}}}}');
    expect(complaints({ ...least, ...hostile })).toEqual([
      'drain.json: surge.perZone.__proto__: an unknown field; expected no such field',
    ]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('nesting without end is refused', () => {
    const deep = JSON.parse(`${'{"nodes":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
    expect(complaints(deep)).toHaveLength(1);
  });
});
