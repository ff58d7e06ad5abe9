/** Whom a mishap hits: mostly where the run is at work, for nobody learns anything from what happens elsewhere. */
import type { Step } from '../../planner/plan.ts';
import type { ClusterState, MemberState } from '../../simulations/world/patroni-cluster.ts';
import { stepsToCome } from './moments.ts';
import type { Stage } from './stage.ts';

/** Chooses by what is to come of the cluster; every choice is undefined where there is nobody of the kind. */
export type Aim = {
  /** Any of several; undefined of none. */
  readonly one: <Each>(all: readonly Each[]) => Each | undefined;
  readonly cluster: ClusterState | undefined;
  readonly leader: MemberState | undefined;
  /** A replica that the plan counts on: to lead next, to be moved next, or to stay while another is moved. */
  readonly replica: MemberState | undefined;
  /** A replica that is not the next to be moved. */
  readonly bystander: MemberState | undefined;
  /** A node of the plan, or where the primary stands. */
  readonly node: string | undefined;
};

/** Returns the aim of one mishap right after an entry of `step`. */
export function takeAim(stage: Stage, step: Step | undefined, draw: () => number): Aim {
  const one = <Each>(all: readonly Each[]): Each | undefined => all[Math.floor(draw() * all.length)];
  const toCome = stepsToCome(stage);
  const cluster = aimedCluster(stage, step, toCome, draw, one);
  const leader = cluster?.members.get(cluster.leader ?? '');
  const replica = cluster === undefined ? undefined : aimedReplica(cluster, toCome, draw, one);
  const next = toCome.find((each) => each.kind === 'move' && each.cluster === cluster?.key);
  const bystanders = [...(cluster?.members.values() ?? [])].filter(
    ({ name }) => name !== cluster?.leader && !(next?.kind === 'move' && next.member === name),
  );
  return {
    one,
    cluster,
    leader,
    replica,
    bystander: one(bystanders),
    node: aimedNode(stage, step, toCome, leader, draw, one),
  };
}

function aimedCluster(
  { world }: Stage,
  step: Step | undefined,
  toCome: readonly Step[],
  draw: () => number,
  one: Aim['one'],
): ClusterState | undefined {
  const any = one([...world.clusters.values()]);
  if (draw() < 0.3) return any;
  const next = toCome.find((each) => keyOf(each) !== undefined);
  const key =
    (step === undefined ? undefined : keyOf(step)) ?? (next === undefined ? undefined : keyOf(next));
  return world.clusters.get(key ?? '') ?? any;
}

function keyOf(step: Step): string | undefined {
  return 'cluster' in step ? (step.cluster ?? undefined) : undefined;
}

function aimedReplica(
  cluster: ClusterState,
  toCome: readonly Step[],
  draw: () => number,
  one: Aim['one'],
): MemberState | undefined {
  const replicas = [...cluster.members.values()].filter(({ name }) => name !== cluster.leader);
  const named = (name: string | null | undefined): MemberState | undefined =>
    replicas.find((each) => each.name === name);
  const own = toCome.filter((each) => keyOf(each) === cluster.key);
  const moved = own.find((each) => each.kind === 'move');
  const switched = own.find((each) => each.kind === 'switchover');
  const kind = draw();
  const aimed =
    kind < 0.4
      ? named(switched?.kind === 'switchover' ? switched.to : undefined)
      : kind < 0.7
        ? named(moved?.kind === 'move' ? moved.member : undefined)
        : undefined;
  return aimed ?? one(replicas);
}

function aimedNode(
  { world }: Stage,
  step: Step | undefined,
  toCome: readonly Step[],
  leader: MemberState | undefined,
  draw: () => number,
  one: Aim['one'],
): string | undefined {
  const kind = draw();
  const any = one(world.store.list('Node'))?.metadata.name;
  if (kind < 0.4 && leader !== undefined) {
    const node: unknown = world.store.get('Pod', leader.namespace, leader.name)?.spec?.nodeName;
    return typeof node === 'string' ? node : any;
  }
  if (kind < 0.7) {
    const own = step !== undefined && 'node' in step ? step.node : undefined;
    const next = toCome.find((each) => each.kind === 'release');
    const name = own ?? (next?.kind === 'release' ? next.node : undefined);
    return name !== undefined && world.store.get('Node', undefined, name) !== undefined ? name : any;
  }
  return any;
}
