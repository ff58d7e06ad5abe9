/** A plan carried out on a model, step by step, as naively as can be: what a fleet looks like when a run is under way. */
import type { DatabaseCluster, Fleet, FleetNode, Member, Pod } from '../../planner/model.ts';
import { sortedBy } from '../../planner/order.ts';
import type { AddNodeStep, DrainPlan, DrainRequest, Step, SwitchoverStep } from '../../planner/plan.ts';

/** A fleet that changes. */
type Course = {
  readonly start: Fleet;
  readonly plan: DrainPlan;
  readonly nodes: Map<string, FleetNode>;
  readonly pods: Map<string, Pod>;
  readonly clusters: Map<string, DatabaseCluster>;
};

/**
 * Returns the fleet after the first steps of its plan, which must not be those of temporary members. Nodes that the plan adds get a
 * name of their own, as real ones do; fences are left out, for they are ours and a plan made anew sets its own.
 */
export function carryOut(fleet: Fleet, plan: DrainPlan, steps: readonly Step[]): Fleet {
  const course: Course = {
    start: fleet,
    plan,
    nodes: new Map(fleet.nodes.map((node) => [node.name, node])),
    pods: new Map(fleet.pods.map((pod) => [pod.key, pod])),
    clusters: new Map(fleet.clusters.map((cluster) => [cluster.key, cluster])),
  };
  for (const step of steps) doStep(course, step);
  return {
    ...fleet,
    nodes: sortedBy(course.nodes.values(), (node) => node.name),
    pods: sortedBy(course.pods.values(), (pod) => pod.key),
    clusters: sortedBy(course.clusters.values(), (cluster) => cluster.key),
  };
}

/** Returns how many steps make a third of the plan, ending with a node given back. */
export function thirdOf(plan: DrainPlan): number {
  const third = Math.ceil(plan.steps.length / 3);
  return plan.steps.findIndex((step, index) => index >= third && step.kind === 'release') + 1;
}

/** Returns the fleet with the pod moved last on another node than planned: the next of its zone that is not being given up. */
export function surprise(fleet: Fleet, plan: DrainPlan, steps: readonly Step[]): Fleet {
  const last = steps.findLast((step) => step.kind === 'move' && step.member !== null);
  const moved = fleet.pods.find((pod) => last?.kind === 'move' && pod.key === last.pod);
  const stands = fleet.nodes.find((node) => node.name === moved?.node);
  if (moved === undefined || stands === undefined) return fleet;
  const used = (node: FleetNode, resource: string) =>
    fleet.pods.reduce(
      (sum, pod) => sum + (pod.node === node.name ? (pod.requests[resource] ?? 0) : 0),
      moved.requests[resource] ?? 0,
    );
  const siblings = fleet.pods.filter((pod) => pod.cluster === moved.cluster).map((pod) => pod.node);
  const other = fleet.nodes.find(
    (node) =>
      node.zone === stands.zone &&
      node.taints.length === stands.taints.length &&
      !siblings.includes(node.name) &&
      ['cpu', 'memory', 'pods'].every(
        (resource) => used(node, resource) <= (node.allocatable[resource] ?? 0),
      ),
  );
  if (other === undefined) throw new Error(`plan ${plan.id}: no other node for ${moved.key}`);
  const pods = fleet.pods.map((pod) => (pod === moved ? { ...pod, node: other.name } : pod));
  return { ...fleet, pods };
}

/** Returns the request for the rest: extra nodes that are alive already are no longer extra to a plan made now. */
export function requestForRest(request: DrainRequest, before: Fleet, now: Fleet): DrainRequest {
  const alive = (fleet: Fleet, zone: string) => fleet.nodes.filter((node) => node.zone === zone).length;
  const perZone = Object.fromEntries(
    before.zones.map((zone) => {
      const allowed = request.surge?.perZone?.[zone] ?? request.surge?.default ?? 1;
      return [zone, Math.max(0, allowed - (alive(now, zone) - alive(before, zone)))];
    }),
  );
  return { ...request, surge: { ...request.surge, perZone } };
}

function doStep(course: Course, step: Step): void {
  switch (step.kind) {
    case 'fence':
    case 'unfence':
      return;
    case 'cordon':
      changeNode(course, step.node, (node) => ({ ...node, unschedulable: true }));
      return;
    case 'add-node':
      addNode(course, step);
      return;
    case 'release':
      course.nodes.delete(step.node);
      for (const pod of course.pods.values()) if (pod.node === step.node) course.pods.delete(pod.key);
      return;
    case 'move': {
      const pod = course.pods.get(step.pod);
      if (pod !== undefined) course.pods.set(step.pod, { ...pod, node: nameOnceThere(course, step.to) });
      return;
    }
    case 'switchover':
      switchOver(course, step);
      return;
    case 'scale-out':
    case 'scale-in':
      throw new RangeError(`${step.id}: temporary members are not carried out here`);
  }
}

function addNode(course: Course, step: AddNodeStep): void {
  const replaced = step.because.facts.replaces;
  const { nodes, pods } = course.start;
  const model = nodes.find((node) => node.name === replaced) ?? nodes.find((node) => node.zone === step.zone);
  if (model === undefined) throw new Error(`${step.id}: no node like which ${step.node} could be`);
  const name = realName(step.node);
  const labels = {
    ...model.labels,
    ...course.plan.request.replacement?.labels,
    'kubernetes.io/hostname': name,
  };
  course.nodes.set(name, { ...model, name, labels, unschedulable: false });
  const daemons = pods.filter((pod) => pod.node === model.name && pod.owner.kind === 'DaemonSet');
  for (const pod of daemons) {
    const own = `${pod.owner.kind === 'DaemonSet' ? pod.owner.name : ''}-${name}`;
    const key = `${pod.namespace}/${own}`;
    course.pods.set(key, { ...pod, key, name: own, uid: key, node: name });
  }
}

function switchOver(course: Course, { cluster: key, from, to }: SwitchoverStep): void {
  const cluster = course.clusters.get(key);
  if (cluster === undefined) return;
  const members = cluster.members.map((member): Member => {
    if (member.name === to) {
      const { lagBytes: _, ...rest } = member;
      return { ...rest, role: 'primary', state: 'running' };
    }
    const stood = cluster.members.find((each) => each.name === to)?.role ?? 'replica';
    return member.name === from ? { ...member, role: stood, state: 'streaming', lagBytes: 0 } : member;
  });
  course.clusters.set(key, { ...cluster, members, primary: to, claimants: [to] });
  for (const [name, role] of [
    [from, 'replica'],
    [to, 'master'],
  ] as const) {
    const pod = course.pods.get(`${cluster.namespace}/${name}`);
    if (pod !== undefined)
      course.pods.set(pod.key, { ...pod, labels: { ...pod.labels, 'spilo-role': role } });
  }
}

function changeNode(course: Course, name: string, change: (node: FleetNode) => FleetNode): void {
  const node = course.nodes.get(nameOnceThere(course, name));
  if (node !== undefined) course.nodes.set(node.name, change(node));
}

/** A plan calls its new nodes new-z1-1 and so on; a plan made later does the same. */
function realName(name: string): string {
  return `came-${name}`;
}

function nameOnceThere({ nodes }: Course, name: string): string {
  return nodes.has(realName(name)) ? realName(name) : name;
}
