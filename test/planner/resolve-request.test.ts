import { describe, expect, it } from 'vitest';
import type { DrainRequest } from '../../planner/plan.ts';
import { describeProblem } from '../../planner/read/describe-problem.ts';
import { resolveRequest } from '../../planner/read/resolve-request.ts';
import { cluster, drainRequest, member, node, threeZones, zone } from '../fixtures/fleet.ts';
import { loadNamedFleets, loadRandomFleets } from '../fixtures/load.ts';
import { fleetOf, readList } from '../fixtures/read.ts';

const fleet = readList(threeZones());

function resolved(more: Partial<DrainRequest> = {}) {
  const answer = resolveRequest(drainRequest(more), fleet);
  if (answer.kind === 'bad-input') throw new Error(answer.problems.map(describeProblem).join('\n'));
  return answer.request;
}

/** What a person would be told, a line each. */
function complaints(more: Partial<DrainRequest>): string[] {
  const answer = resolveRequest(drainRequest(more), fleet, 'drain.json');
  return answer.kind === 'resolved' ? [] : answer.problems.map(describeProblem);
}

describe('a request with nothing but nodes', () => {
  it('gets every default', () => {
    const answer = resolveRequest(
      { apiVersion: 'switchyard.dev/v1', kind: 'DrainRequest', nodes: { names: ['n1'] } },
      fleet,
    );
    expect(answer).toEqual({
      kind: 'resolved',
      request: {
        drained: ['n1'],
        surge: { z1: 1, z2: 1, z3: 1 },
        surgeTotal: null,
        replacement: { z1: { labels: {} }, z2: { labels: {} }, z3: { labels: {} } },
        limits: {
          parallelDrainsPerZone: 1,
          parallelSwitchovers: 4,
          parallelMovesPerCluster: 1,
          maxNewNodesPerZone: null,
        },
        mode: 'pods',
        hold: 'fence',
        parking: true,
        singleMember: 'restart',
        clusters: {},
        otherClusters: { weight: 1, singleMember: 'restart', switchover: 'allowed' },
      },
    });
  });
});

describe('which nodes', () => {
  const five = fleetOf(
    zone(
      'z1',
      node('n1', { drain: true }),
      node('n2', { labels: { pool: 'db' } }),
      node('n10', { drain: true }),
    ),
    zone('z2', node('n3', { labels: { pool: 'web' } })),
  );
  const drained = (nodes: DrainRequest['nodes']) => {
    const answer = resolveRequest(drainRequest({ nodes }), five);
    return answer.kind === 'resolved' ? answer.request.drained : answer.problems.map(describeProblem);
  };

  it('names, a selector, or the union of both, each once and sorted', () => {
    expect(drained({ names: ['n3', 'n2', 'n3'] })).toEqual(['n2', 'n3']);
    expect(drained({ selector: 'lifecycle-status=decommission-pending' })).toEqual(['n1', 'n10']);
    expect(drained({ names: ['n3', 'n1'], selector: 'lifecycle-status=decommission-pending' })).toEqual([
      'n1',
      'n10',
      'n3',
    ]);
    expect(drained({ selector: 'pool in (db,web),pool!=web' })).toEqual(['n2']);
    expect(drained({ selector: '!pool' })).toEqual(['n1', 'n10']);
  });

  it('an unknown name, also beside known ones', () => {
    expect(drained({ names: ['n1', 'n99'] })).toEqual([
      'request: nodes.names[1]: "n99"; expected a node of the fleet: n1, n10, n2, n3',
    ]);
  });

  it('a selector that matches nothing, or cannot be read', () => {
    expect(drained({ selector: 'pool=none' })).toEqual([
      'request: nodes.selector: "pool=none", which matches no node; expected a selector that matches one of the 4 nodes',
    ]);
    for (const selector of ['pool in db', '', ' '])
      expect(drained({ selector })).toEqual([
        `request: nodes.selector: ${JSON.stringify(selector)}; expected a label selector, e.g. lifecycle-status=decommission-pending`,
      ]);
  });

  it('a selector that matches nothing is refused even where names are given', () => {
    expect(drained({ names: ['n1'], selector: 'pool=none' })).toHaveLength(1);
  });

  it('no nodes at all', () => {
    expect(drained({})).toEqual([
      'request: nodes: neither names nor selector; expected names, a selector, or both',
    ]);
    expect(drained({ names: [] })).toEqual([
      'request: nodes.names: an empty list; expected at least one node of the fleet',
    ]);
  });
});

describe('surge and new nodes', () => {
  it('a zone that is not named gets the default', () => {
    expect(resolved({ surge: { perZone: { z2: 0 }, default: 3, total: 4 } })).toMatchObject({
      surge: { z1: 3, z2: 0, z3: 3 },
      surgeTotal: 4,
    });
  });

  it('unknown zones and numbers that make no sense are refused by their field', () => {
    expect(complaints({ surge: { perZone: { z9: 1, z1: -1 }, default: 0.5, total: -2 } })).toEqual([
      'drain.json: surge.perZone.z9: "z9"; expected a zone of the fleet: z1, z2, z3',
      'drain.json: surge.default: 0.5; expected a whole number of zero or more',
      'drain.json: surge.perZone.z1: -1; expected a whole number of zero or more',
      'drain.json: surge.total: -2; expected a whole number of zero or more',
    ]);
  });

  it('a list of all zones of the fleet and more is one of the region: zones without nodes ask for nothing', () => {
    const tiny = loadNamedFleets().find(({ name }) => name === '09-single-member');
    if (tiny === undefined) throw new Error('no such fleet');
    const answer = resolveRequest(tiny.request, readList(tiny.fleet));
    expect(answer.kind === 'resolved' && Object.keys(answer.request.surge)).toEqual(['z1']);
  });

  it('all recorded requests stand', () => {
    for (const { name, fleet: list, request } of [...loadNamedFleets(), ...loadRandomFleets()])
      expect(resolveRequest(request, readList(list)), name).toMatchObject({ kind: 'resolved' });
  });

  it('new nodes may be limited for all zones or for some', () => {
    expect(resolved({ limits: { maxNewNodesPerZone: 2 } }).limits.maxNewNodesPerZone).toEqual({
      z1: 2,
      z2: 2,
      z3: 2,
    });
    expect(resolved({ limits: { maxNewNodesPerZone: { z1: 0 } } }).limits.maxNewNodesPerZone).toEqual({
      z1: 0,
      z2: Number.MAX_SAFE_INTEGER,
      z3: Number.MAX_SAFE_INTEGER,
    });
    expect(complaints({ limits: { maxNewNodesPerZone: { z7: 1 }, parallelSwitchovers: 0 } })).toEqual([
      'drain.json: limits.parallelSwitchovers: 0; expected a whole number of one or more',
      'drain.json: limits.maxNewNodesPerZone.z7: "z7"; expected a zone of the fleet: z1, z2, z3',
    ]);
  });
});

describe('replacement nodes', () => {
  it('name only what differs from the node replaced, for all zones and then for each', () => {
    const { replacement } = resolved({
      replacement: {
        cpu: '4',
        memory: '64Gi',
        labels: { pool: 'b' },
        perZone: { z2: { cpu: '8', 'example.com/gpu': 1 } },
      },
    });
    expect(replacement.z1).toEqual({
      allocatable: { cpu: 4000, memory: 68_719_476_736 },
      labels: { pool: 'b' },
    });
    expect(replacement.z2).toEqual({
      allocatable: { cpu: 8000, memory: 68_719_476_736, 'example.com/gpu': 1 },
      labels: { pool: 'b' },
    });
    expect(resolved().replacement.z1).toEqual({ labels: {} });
  });

  it('a size that is no quantity, and an unknown zone', () => {
    expect(complaints({ replacement: { memory: '64GB', perZone: { z9: { cpu: '1' } } } })).toEqual([
      'drain.json: replacement.perZone.z9: "z9"; expected a zone of the fleet: z1, z2, z3',
      'drain.json: replacement.memory: "64GB"; expected a Kubernetes quantity such as 4, 500m or 64Gi',
    ]);
  });
});

describe('settings of clusters', () => {
  it('are laid over those of the request', () => {
    const { clusters, otherClusters } = resolved({
      singleMember: 'scale-out',
      clusters: {
        'default/acid-b': {
          weight: 5,
          singleMember: 'skip',
          switchover: 'never',
          window: 'Sat 02:00-04:00 Europe/Berlin',
        },
      },
    });
    expect(otherClusters).toEqual({ weight: 1, singleMember: 'scale-out', switchover: 'allowed' });
    expect(Object.keys(clusters)).toEqual(['default/acid-b']);
    expect(clusters['default/acid-b']).toEqual({
      weight: 5,
      singleMember: 'skip',
      switchover: 'never',
      window: 'Sat 02:00-04:00 Europe/Berlin',
      parsedWindow: {
        text: 'Sat 02:00-04:00 Europe/Berlin',
        spans: [{ days: [5], begin: 120, end: 240, zone: 'Europe/Berlin' }],
      },
    });
  });

  it('a window that cannot be read is refused with what of it is wrong', () => {
    const windows = {
      'default/acid-a': { window: 'Sat 02:00-04:00 Europe/Atlantis' },
      'default/acid-b': { window: 'at night' },
    };
    expect(complaints({ clusters: windows })).toEqual([
      'drain.json: clusters.default/acid-a.window: "Europe/Atlantis" in "Sat 02:00-04:00 Europe/Atlantis"; expected UTC or a time zone such as Europe/Berlin',
      'drain.json: clusters.default/acid-b.window: "at night"; expected a window such as Sat 02:00-04:00 Europe/Berlin',
    ]);
  });

  it('an unknown cluster and a negative weight are refused', () => {
    expect(complaints({ clusters: { 'acid-a': {}, 'default/acid-a': { weight: -1 } } })).toEqual([
      'drain.json: clusters.acid-a: "acid-a"; expected a cluster of the fleet (namespace/name): default/acid-a, default/acid-b, default/acid-c',
      'drain.json: clusters.default/acid-a.weight: -1; expected a number of zero or more',
    ]);
  });
});

it('a zone called __proto__ is a zone like any other', () => {
  const odd = fleetOf(
    zone('__proto__', node('n1', { drain: true })),
    cluster('acid-a', member('n1', 'primary')),
  );
  const answer = resolveRequest(drainRequest({ surge: { default: 2 } }), odd);
  expect(answer.kind === 'resolved' && Object.entries(answer.request.surge)).toEqual([['__proto__', 2]]);
});
