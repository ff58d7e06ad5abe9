/** Small fleets and requests from a seed, for runs that are carried out thousands of times: every kind of step comes up. */
import type { DrainPlan, DrainRequest, SingleMember } from '../../planner/plan.ts';
import type { Random } from '../../simulations/world/random.ts';
import { planFor } from '../executor/drive-run.ts';
import {
  cluster,
  clusterWith,
  deployment,
  drainRequest,
  fleetObjects,
  member,
  node,
  statefulSet,
  zone,
} from '../fixtures/fleet.ts';
import type { FleetPart, KubernetesList } from '../fixtures/fleet-parts.ts';
import { type DrawnWindows, drawWindows } from './draw-windows.ts';
import type { SetToScale } from './scale-by-hand.ts';

export type SmallFleet = {
  readonly objects: KubernetesList;
  readonly plan: DrainPlan;
  readonly windows: DrawnWindows;
};

const zoneNames = ['z1', 'z2', 'z3'] as const;

/**
 * Returns a fleet with a plan that has at least one step; the same one for the same numbers of `random`. With `toScale` it has a cluster of one
 * member that gets a temporary one.
 */
export function drawSmallFleet(random: Random, toScale?: SetToScale): SmallFleet {
  for (;;) {
    const { objects, clusters } = drawObjects(random, toScale);
    const windows = drawWindows(random.fork('windows'), clusters);
    const request = drawRequest(random, windows);
    const isToScale = toScale !== undefined;
    const plan = planFor(objects, isToScale ? { ...request, singleMember: 'scale-out' } : request);
    const isUseful = isToScale ? plan.steps.some(({ kind }) => kind === 'scale-out') : plan.steps.length > 0;
    if (isUseful) return { objects, plan, windows };
  }
}

const percent = (random: Random, share: number): boolean => random.next() * 100 < share;

function drawObjects(
  random: Random,
  toScale: SetToScale | undefined,
): { readonly objects: KubernetesList; readonly clusters: readonly string[] } {
  const zones = zoneNames.slice(0, random.between(2, 3));
  const nodes = zones.flatMap((name) => {
    const count = percent(random, 25) ? 2 : 1;
    return Array.from({ length: count }, (_, index) => ({ zone: name, name: `${name}-${index}` }));
  });
  const kept = nodes.filter(() => percent(random, 25)).slice(1);
  const cpu = percent(random, 40) ? '4' : '16';
  const parts: FleetPart[] = zones.map((name) =>
    zone(
      name,
      ...nodes
        .filter((each) => each.zone === name)
        .map((each) => node(each.name, { drain: !kept.includes(each), cpu })),
    ),
  );
  const names = ['acid-0', 'acid-1', 'acid-2'].slice(0, random.between(1, 3));
  for (const name of names)
    parts.push(drawCluster(random, name, nodes, name === names[0] ? toScale : undefined));
  const some = (): string => nodes[random.between(0, nodes.length - 1)]?.name ?? '';
  if (percent(random, 50))
    parts.push(deployment('web', { on: [some(), some()], budget: { maxUnavailable: 1 }, cpu: '100m' }));
  if (percent(random, 20))
    parts.push(statefulSet('queue', { on: [some()], volume: '1Gi', cpu: '100m', orderedReady: true }));
  return { objects: fleetObjects(...parts), clusters: names.map((name) => `default/${name}`) };
}

function drawCluster(
  random: Random,
  name: string,
  nodes: readonly { readonly zone: string; readonly name: string }[],
  toScale: SetToScale | undefined,
): FleetPart {
  const alone = percent(random, 15) || toScale !== undefined;
  const from = random.between(0, nodes.length - 1);
  const members = Math.min(nodes.length, alone ? 1 : random.between(2, 3));
  const primary = random.between(0, members - 1);
  const synchronous = !alone && percent(random, 20);
  const parts = Array.from({ length: members }, (_, index) => {
    const on = nodes[(from + index) % nodes.length]?.name;
    const isStandby = synchronous && index === (primary + 1) % members;
    const role = index === primary ? 'primary' : isStandby ? 'sync-standby' : 'replica';
    const nofailover = members === 3 && role === 'replica' && percent(random, 20);
    return member(on, role, nofailover ? { tags: { nofailover: true } } : {});
  });
  return cluster(
    name,
    clusterWith({
      cpu: '1',
      orderedReady: percent(random, 30),
      primaryBudget: alone ? null : 1,
      ...(toScale === undefined ? {} : toScale),
      ...(synchronous ? { synchronous: 'on' as const } : {}),
    }),
    ...parts,
  );
}

const singleMembers: readonly SingleMember[] = ['restart', 'scale-out', 'skip'];

/** Most requests say nothing. */
function drawOnDeadline(random: Random): Pick<DrainRequest, 'onDeadline'> {
  if (percent(random, 25)) return { onDeadline: 'skip-node' };
  return percent(random, 20) ? { onDeadline: 'wait' } : {};
}

function clustersWith(windows: DrawnWindows): Pick<DrainRequest, 'clusters'> {
  if (windows.size === 0) return {};
  const clusters = [...windows].map(([key, { text }]) => [key, { window: text }] as const);
  return { clusters: Object.fromEntries(clusters) };
}

function drawRequest(random: Random, windows: DrawnWindows): DrainRequest {
  const total = percent(random, 30) ? 1 : null;
  return drainRequest({
    surge: { default: 1, total },
    hold: percent(random, 15) ? 'cordon' : 'fence',
    parking: percent(random, 70),
    mode: percent(random, 10) ? 'whole-nodes' : 'pods',
    singleMember: singleMembers[random.between(0, 2)] ?? 'restart',
    ...drawOnDeadline(random.fork('on deadline')),
    ...clustersWith(windows),
    limits: {
      parallelDrainsPerZone: random.between(1, 2),
      parallelSwitchovers: random.between(1, 3),
    },
  });
}
