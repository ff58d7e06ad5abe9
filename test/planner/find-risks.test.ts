import { describe, expect, it } from 'vitest';
import { explainFinding } from '../../planner/explain/explain-finding.ts';
import { findRisks } from '../../planner/findings/find-risks.ts';
import type { Fleet, Member } from '../../planner/model.ts';
import type { DrainRequest, Finding } from '../../planner/plan.ts';
import { resolveRequest } from '../../planner/read/resolve-request.ts';
import { surveyFleet } from '../../planner/survey/survey.ts';
import {
  barePod,
  budget,
  cluster,
  clusterWith,
  deployment,
  drainRequest,
  member,
  node,
  statefulSet,
  zone,
} from '../fixtures/fleet.ts';
import type { FleetPart } from '../fixtures/fleet-parts.ts';
import { fleetOf } from '../fixtures/read.ts';

/** A node to drain and one to keep in z1, one of each in z2. */
const zones = [
  zone('z1', node('n1', { drain: true }), node('k1')),
  zone('z2', node('n2', { drain: true }), node('k2')),
] as const;

function findings(parts: readonly FleetPart[], request: DrainRequest = drainRequest()): readonly Finding[] {
  return findingsOf(fleetOf(...zones, ...parts), request);
}

function findingsOf(fleet: Fleet, request: DrainRequest = drainRequest()): readonly Finding[] {
  const resolved = resolveRequest(request, fleet);
  if (resolved.kind === 'bad-input') throw new Error(JSON.stringify(resolved.problems));
  return findRisks(surveyFleet(fleet, resolved.request));
}

/** The one finding of these parts; undefined: none. */
function only(...parts: readonly FleetPart[]): Finding | undefined {
  const found = findings(parts);
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0];
}

/** The fleet of one cluster with a tag on one of its members. */
function tagged(name: string, tag: Partial<Member>, part: FleetPart): Fleet {
  const fleet = fleetOf(...zones, part);
  const clusters = fleet.clusters.map((each) => ({
    ...each,
    members: each.members.map((one) => (one.name === name ? { ...one, ...tag } : one)),
  }));
  return { ...fleet, clusters };
}

const sentence = (finding: Finding | undefined) => finding && explainFinding(finding);

it('nothing is found in a fleet without any trouble, nor where only kept nodes are concerned', () => {
  expect(findings([cluster('acid-a', member('n1', 'primary'), member('n2'))])).toEqual([]);
  expect(findings([cluster('acid-a', member('k1', 'primary')), barePod('lonely', 'k2')])).toEqual([]);
});

it('many alike are one finding with a count, the first of them by name and some examples', () => {
  const parts = ['g', 'a', 'c', 'b', 'f', 'e', 'd'].map((name) =>
    cluster(`acid-${name}`, member('n1', 'primary')),
  );
  const found = only(...parts);
  expect(found).toMatchObject({ code: 'single-member', count: 7, subject: 'default/acid-a' });
  expect(found?.examples).toHaveLength(5);
  expect(sentence(found)).toContain('(and 6 others: default/acid-b, default/acid-c and default/acid-d, ...)');
});

describe('clusters whose primary nobody can succeed', () => {
  const nofailover = member('k2', 'replica', { tags: { nofailover: true } });

  it('have one member, and scale-out is the fix unless it is chosen already', () => {
    const single = cluster('acid-a', member('n1', 'primary'));
    expect(only(single)).toMatchObject({ code: 'single-member', severity: 'costs' });
    expect(only(single)?.fix).toContain('"singleMember": "scale-out"');
    const [chosen] = findings([single], drainRequest({ singleMember: 'scale-out' }));
    expect(chosen).toMatchObject({ facts: { singleMember: 'scale-out' } });
    expect(chosen).not.toHaveProperty('fix');
  });

  it('have replicas that are all tagged nofailover', () => {
    const found = only(cluster('acid-a', member('n1', 'primary'), nofailover));
    expect(found).toMatchObject({ code: 'nofailover-everywhere', severity: 'costs' });
    expect(sentence(found)).toBe(
      'default/acid-a: tags keep every replica from taking over (acid-a-1: nofailover): its primary cannot move without an outage',
    );
    expect(found?.fix).toContain('nofailover off acid-a-1');
  });

  it('are no finding where one replica is free of tags, the primary stays, or the request forbids it', () => {
    expect(only(cluster('acid-a', member('n1', 'primary'), nofailover, member('n2')))).toBeUndefined();
    expect(
      only(
        cluster('acid-a', member('k1', 'primary'), member('n2', 'replica', { tags: { nofailover: true } })),
      ),
    ).toBeUndefined();
    const never = drainRequest({ clusters: { 'default/acid-a': { switchover: 'never' } } });
    expect(findings([cluster('acid-a', member('n1', 'primary'), nofailover)], never)).toEqual([]);
  });
});

describe('strictly synchronous clusters', () => {
  const strict = clusterWith({ synchronous: 'strict' });

  it('of two members block writes while one of them moves', () => {
    const found = only(cluster('acid-a', strict, member('k1', 'primary'), member('n2', 'sync-standby')));
    expect(found).toMatchObject({ code: 'strict-two-members', severity: 'costs' });
    expect(sentence(found)).toBe(
      'default/acid-a is strictly synchronous and only acid-a-1 can be its standby: nobody can write while a standby moves',
    );
    expect(found?.fix).toContain('numberOfInstances: 3');
    expect(found?.fix).toContain('synchronous_mode_strict=false');
  });

  it('of three members do so only where the third may not be synchronous', () => {
    const members = [member('n1', 'primary'), member('n2', 'sync-standby')] as const;
    expect(only(cluster('acid-a', strict, ...members, member('k2')))).toBeUndefined();
    const nosync = tagged('acid-a-2', { nosync: true }, cluster('acid-a', strict, ...members, member('k2')));
    expect(findingsOf(nosync)).toMatchObject([{ code: 'strict-two-members', facts: { members: 3 } }]);
  });

  it('are no finding where they only ask for a standby while there is one', () => {
    const on = clusterWith({ synchronous: 'on' });
    expect(
      only(cluster('acid-a', on, member('k1', 'primary'), member('n2', 'sync-standby'))),
    ).toBeUndefined();
  });
});

describe('replicas', () => {
  it('of unknown lag are named', () => {
    const found = only(cluster('acid-a', member('n1', 'primary'), member('k2', 'replica', { lag: null })));
    expect(found).toMatchObject({ code: 'unknown-lag', severity: 'risks', facts: { members: ['acid-a-1'] } });
    expect(found?.fix).toBe('kubectl -n default exec acid-a-1 -- patronictl list');
  });

  it('that stream from another replica fall behind while that one moves', () => {
    const cascade = (upstream: string) =>
      findingsOf(
        tagged(
          'acid-a-2',
          { replicatefrom: 'acid-a-1' },
          cluster('acid-a', member('k2', 'primary'), member(upstream), member('n1')),
        ),
      );
    const [found] = cascade('n2');
    expect(found).toMatchObject({ code: 'cascading-replica', severity: 'risks' });
    expect(sentence(found)).toBe(
      'default/acid-a: acid-a-2 streams from acid-a-1, which has to move: it falls behind meanwhile, and is no candidate',
    );
    expect(cascade('k1')).toEqual([]);
  });
});

it('a paused cluster would not start a moved member again', () => {
  const found = only(cluster('acid-a', clusterWith({ paused: true }), member('n1', 'primary'), member('k2')));
  expect(found).toMatchObject({ code: 'paused-cluster', severity: 'stops' });
  expect(sentence(found)).toContain('a moved member would not start again');
  expect(found?.fix).toContain('patronictl resume');
});

describe('members of one cluster', () => {
  const preferred = {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              labelSelector: { matchLabels: { 'cluster-name': 'acid-a' } },
              topologyKey: 'kubernetes.io/hostname',
            },
          },
        ],
      },
    },
  };
  const without = (spec: Record<string, unknown>) => clusterWith({ antiAffinity: 'none', spec });

  it('may meet on a node where no rule keeps them apart, or only a preferred one', () => {
    for (const options of [without({}), without(preferred)]) {
      const found = only(cluster('acid-a', options, member('n1', 'primary'), member('k1')));
      expect(found).toMatchObject({ code: 'no-anti-affinity', severity: 'risks' });
    }
  });

  it('cannot where a rule over all clusters, or volumes in zones of their own, keep them apart', () => {
    const apart = {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              labelSelector: { matchLabels: { application: 'spilo' } },
              topologyKey: 'kubernetes.io/hostname',
            },
          ],
        },
      },
    };
    expect(only(cluster('acid-a', without(apart), member('n1', 'primary'), member('k1')))).toBeUndefined();
    expect(only(cluster('acid-a', without({}), member('n1', 'primary'), member('k2')))).toBeUndefined();
  });
});

describe('node affinity', () => {
  type Expression = { key: string; operator: string; values: string[] };
  const ready: Expression = { key: 'lifecycle-status', operator: 'In', values: ['ready'] };
  const amd: Expression = { key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] };
  const asking = (...terms: Expression[][]) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: terms.map((matchExpressions) => ({ matchExpressions })),
        },
      },
    },
  });
  const acid = (...terms: Expression[][]) =>
    cluster(
      'acid-a',
      clusterWith({ antiAffinity: 'none', spec: asking(...terms) }),
      member('n1', 'primary'),
      member('n2'),
    );

  it('that adds the readiness label as an alternative lets members back onto old nodes', () => {
    const found = only(acid([amd], [ready]));
    expect(found).toMatchObject({ code: 'open-to-old-nodes', severity: 'risks', subject: 'default/acid-a' });
    expect(sentence(found)).toBe(
      'default/acid-a: node affinity asks for lifecycle-status ready, but its other term (kubernetes.io/arch In amd64) lets pods back onto n1: only fences keep them off',
    );
    expect(found?.fix).toContain('node_readiness_label_merge: "AND"');
  });

  it('does so for other pods too, named by their owner', () => {
    const web = deployment('web', { on: ['n1', 'n1'], spec: asking([amd], [ready]) });
    expect(only(web)).toMatchObject({
      code: 'open-to-old-nodes',
      count: 1,
      subject: 'default/web-696976dc46',
    });
  });

  it('is right where every term asks for the label, where there is one term, and where terms are true alternatives', () => {
    expect(only(acid([amd, ready], [ready]))).toBeUndefined();
    expect(only(acid([ready]))).toBeUndefined();
    const pending: Expression = { ...ready, values: ['decommission-pending'] };
    expect(only(acid([ready], [pending]))).toBeUndefined();
    const arm: Expression = { ...amd, values: ['arm64'] };
    expect(only(acid([arm], [ready]))).toBeUndefined();
  });

  it('is no readiness label where kept nodes lack it as well', () => {
    const fast: Expression = { key: 'disk', operator: 'In', values: ['fast'] };
    expect(only(zone('z3', node('k3', { labels: { disk: 'fast' } })), acid([amd], [fast]))).toBeUndefined();
  });
});

describe('budgets that allow no eviction', () => {
  const web = deployment('web', { on: ['n1', 'k1'] });
  const labels = { app: 'web' };
  const closed = (limits: { minAvailable?: number | string; maxUnavailable?: number | string }) =>
    only(web, budget('web', { labels, ...limits }));

  it('say by which of their own words', () => {
    expect(sentence(closed({ maxUnavailable: 0 }))).toBe(
      'budget default/web allows no eviction at all: maxUnavailable is 0',
    );
    expect(closed({ maxUnavailable: '0%' })?.facts).toMatchObject({ why: 'max-unavailable-zero' });
    expect(sentence(closed({ minAvailable: 2 }))).toBe(
      'budget default/web allows no eviction at all: minAvailable is 2 and it picks 2 pods',
    );
    expect(closed({ minAvailable: '100%' })?.facts).toMatchObject({ why: 'min-available-all' });
    expect(closed({ minAvailable: 2 })).toMatchObject({ code: 'budget-never-opens', severity: 'stops' });
    expect(closed({ minAvailable: 2 })?.fix).toContain(`-p '{"spec":{"minAvailable":1}}'`);
  });

  it('or that too few of their pods are ready, or that an operator is at work', () => {
    const sick = deployment('web', { on: ['n1', 'k1', 'k2'], ready: false });
    const unready = only(sick, budget('web', { labels, minAvailable: 1 }));
    expect(sentence(unready)).toContain('too few of the 3 pods it picks are ready');
    const busy = deployment('web', { on: ['n1'], labels: { 'critical-operation': 'true' } });
    const critical = budget('busy', { labels: { 'critical-operation': 'true' }, maxUnavailable: 0 });
    expect(only(busy, critical)?.facts).toMatchObject({ why: 'critical-operation' });
  });

  it('are no finding where they open, pick nothing, or guard only the primary', () => {
    expect(closed({ maxUnavailable: 1 })).toBeUndefined();
    expect(only(web, budget('other', { labels: { app: 'other' }, minAvailable: 1 }))).toBeUndefined();
    expect(only(cluster('acid-a', member('n1', 'primary'), member('k2')))).toBeUndefined();
  });

  it('and two over one pod are named with it', () => {
    const second = budget('second', { labels, maxUnavailable: 1 });
    const found = only(web, budget('first', { labels, maxUnavailable: 1 }), second);
    expect(found).toMatchObject({
      code: 'two-budgets',
      severity: 'stops',
      subject: 'default/web-696976dc46-a0',
    });
    expect(found?.facts.budgets).toEqual(['default/first', 'default/second']);
  });
});

it('a pod without owner is named with the command that deletes it', () => {
  expect(only(barePod('lonely', 'n1'))).toMatchObject({
    code: 'bare-pod',
    severity: 'stops',
    fix: 'kubectl -n default delete pod lonely',
  });
});

it('a set that makes its pods in order is named once', () => {
  expect(only(statefulSet('queue', { on: ['n1', 'n2'] }))).toMatchObject({
    code: 'ordered-ready',
    severity: 'note',
    count: 1,
    subject: 'default/queue',
  });
});
