import { expect, it } from 'vitest';
import { cluster, deployment, drainRequest, member, node, statefulSet, zone } from '../fixtures/fleet.ts';
import type { NodeOptions } from '../fixtures/fleet-parts.ts';
import { fleetOf } from '../fixtures/read.ts';
import { planOf } from './plan-of.ts';

/** Where the one pod of `store` on n1 is expected to go when k1 and k2 are kept in its zone. */
function destination(
  k1: NodeOptions,
  k2: NodeOptions,
  spec: Record<string, unknown> = {},
  cpu = '1',
): string | undefined {
  const nodes = [node('n1', { drain: true, labels: { disk: 'fast' } }), node('k1', k1), node('k2', k2)];
  const store = statefulSet('store', { on: ['n1'], volume: '1Gi', cpu, spec });
  const plan = planOf(fleetOf(zone('z1', ...nodes), zone('z2', node('other', { cpu: '64' })), store));
  return plan.steps.flatMap((step) => (step.kind === 'move' ? [step.to] : []))[0];
}

const taint = { key: 'only', value: 'web', effect: 'NoSchedule' };

const cases: readonly [string, () => string | undefined, string][] = [
  ['the fullest node with room comes first', () => destination({ cpu: '8' }, { cpu: '4' }), 'k2'],
  ['a node without enough cpu is passed over', () => destination({ cpu: '8' }, { cpu: '1' }, {}, '2'), 'k1'],
  [
    'a node without enough memory is passed over',
    () => destination({ cpu: '8' }, { cpu: '4', memory: '100Mi' }),
    'k1',
  ],
  ['a node with no pod left is passed over', () => destination({ cpu: '8' }, { cpu: '4', pods: 0 }), 'k1'],
  ['a taint keeps off', () => destination({ cpu: '8' }, { cpu: '4', taints: [taint] }), 'k1'],
  [
    'a tolerated taint does not',
    () =>
      destination(
        { cpu: '8' },
        { cpu: '4', taints: [taint] },
        { tolerations: [{ key: 'only', operator: 'Exists' }] },
      ),
    'k2',
  ],
  ['a cordoned node takes nothing', () => destination({ cpu: '8' }, { cpu: '4', unschedulable: true }), 'k1'],
  [
    'a node that is not ready takes nothing',
    () => destination({ cpu: '8' }, { cpu: '4', ready: false }),
    'k1',
  ],
  [
    'a node selector is met by the replacement, which has the labels of the node replaced',
    () => destination({}, {}, { nodeSelector: { disk: 'fast' } }),
    'new-z1-1',
  ],
  [
    'the zone of the volume is never left, however much room is elsewhere',
    () => destination({ cpu: '1' }, { cpu: '1' }, {}, '2'),
    'new-z1-1',
  ],
];

for (const [name, found, expected] of cases) it(name, () => expect(found()).toBe(expected));

it('a node at its attach limit takes no further volume', () => {
  const nodes = [
    node('n1', { drain: true }),
    node('k1', { cpu: '4', volumesMax: 0 }),
    node('k2', { volumesMax: 9 }),
  ];
  const plan = planOf(fleetOf(zone('z1', ...nodes), statefulSet('store', { on: ['n1'], volume: '1Gi' })));
  expect(plan.steps.find((step) => step.kind === 'move')).toMatchObject({ to: 'k2' });
});

it('a pod stays off a node whose pods do not want it, and one that it does not want', () => {
  const nodes = [node('n1', { drain: true }), node('k1', { cpu: '4' }), node('k2', { cpu: '8' })];
  const apart = {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { app: 'store' } }, topologyKey: 'kubernetes.io/hostname' },
        ],
      },
    },
  };
  const bystander = statefulSet('bystander', { on: ['k1'], volume: '1Gi', spec: apart });
  const store = statefulSet('store', { on: ['n1'], volume: '1Gi' });
  const plan = planOf(fleetOf(zone('z1', ...nodes), bystander, store));
  expect(plan.steps.find((step) => step.kind === 'move')).toMatchObject({ to: 'k2' });
});

it('two members of a cluster never share a node, even where no rule forbids it', () => {
  const nodes = [node('n1', { drain: true }), node('k1', { cpu: '4' }), node('k2', { cpu: '8' })];
  const members = [member('k1', 'primary'), member('n1')];
  const plan = planOf(fleetOf(zone('z1', ...nodes), cluster('acid-a', ...members)));
  expect(plan.steps.find((step) => step.kind === 'move')).toMatchObject({ to: 'k2' });
});

it('a topology spread is kept to at every step', () => {
  const zones = ['z1', 'z2'].map((name) => zone(name, node(`n-${name}`, { drain: true }), node(`k-${name}`)));
  const constraint = {
    maxSkew: 1,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: 'web' } },
  };
  const web = deployment('web', {
    on: ['n-z1', 'n-z2', 'n-z2'],
    spec: { topologySpreadConstraints: [constraint] },
  });
  const plan = planOf(fleetOf(...zones, web), drainRequest());
  expect(plan.refusals).toEqual([]);
  const targets = plan.steps.flatMap((step) => (step.kind === 'move' ? [step.to] : []));
  expect(targets.filter((name) => name.endsWith('z1')).length).toBeGreaterThan(0);
  expect(targets.filter((name) => name.endsWith('z2')).length).toBeGreaterThan(0);
});
