/**
 * What an exhaustive search has to look at: the pods that may move, and how little of everything else tells two states apart.
 */
import { exhaustiveDrainedMax, exhaustiveNodesMax, exhaustivePodsMax } from '../limits.ts';
import { podsOf } from '../survey/label-index.ts';
import type { Survey } from '../survey/survey.ts';
import { mayPark, origin, type Yard } from '../yard/yard.ts';

export type Scope = {
  /** Pods on nodes to be drained that do not stay there, and temporary members that may come; the largest last. */
  readonly movers: readonly number[];
  /** The same pods; those of one group are exchangeable in everything a plan depends on. */
  readonly groups: readonly (readonly number[])[];
  /** Clusters with a member among them. */
  readonly clusters: readonly number[];
  readonly drained: readonly number[];
  /** Sizes of replacements, without those that another one is at least as good as. */
  readonly sizes: readonly number[];
  /** Relations that a mover takes part in. */
  readonly relations: readonly number[];
  /** Resources that can run short, and what all movers ask for of each. */
  readonly resources: readonly number[];
  readonly demand: readonly number[];
  readonly parks: boolean;
  readonly whole: boolean;
};

/** Returns the scope; undefined: too many for a search, or something whose every order cannot be tried this way. */
export function scopeOf(yard: Yard): Scope | undefined {
  const { nodes, pods, clusters } = yard.survey;
  const drained = nodes.all.flatMap((_, node) => (yard.origin[node] === origin.drained ? [node] : []));
  if (nodes.all.length > exhaustiveNodesMax || drained.length > exhaustiveDrainedMax) return undefined;
  const leaving = pods.all.flatMap((_, pod) => (leaves(yard, pod) ? [pod] : []));
  if (leaving.length > exhaustivePodsMax) return undefined;
  const concerned = [...new Set(leaving.map((pod) => pods.cluster[pod] ?? -1))].filter((each) => each >= 0);
  const movers = [...leaving, ...concerned.flatMap((cluster) => temporaryOf(yard, cluster))];
  const relations = relationsOf(yard.survey, movers);
  if (concerned.some((cluster) => clusters.sync[cluster] === 1) || isBeyond(yard, relations, movers))
    return undefined;
  const { resources, demand } = resourcesOf(yard, movers);
  const size = (pod: number) => sizeOf(yard.survey, pod, resources, demand);
  movers.sort((a, b) => size(a) - size(b) || b - a);
  return {
    movers,
    groups: groupsOf(yard.survey, movers),
    clusters: concerned.sort((a, b) => a - b),
    drained,
    sizes: sizesOf(yard),
    relations,
    resources,
    demand,
    parks: mayPark(yard),
    whole: yard.survey.request.mode === 'whole-nodes',
  };
}

function leaves(yard: Yard, pod: number): boolean {
  return yard.survey.pods.stays[pod] !== 1 && yard.origin[yard.at[pod] ?? -1] === origin.drained;
}

/** A temporary member is wanted only where the primary has to leave its node. */
function temporaryOf(yard: Yard, cluster: number): readonly number[] {
  const { temporary } = yard.survey.clusters;
  const pod = temporary[cluster] ?? -1;
  return pod >= 0 && leaves(yard, yard.primary[cluster] ?? -1) ? [pod] : [];
}

function relationsOf({ relations }: Survey, movers: readonly number[]): readonly number[] {
  const found = new Set<number>();
  for (const pod of movers)
    for (let place = relations.start[pod] ?? 0; place < (relations.start[pod + 1] ?? 0); place += 1)
      found.add(relations.ids[place] ?? 0);
  return [...found].sort((a, b) => a - b);
}

/**
 * Where only a synchronous standby may lead (excluded above), who that is after a move is Patroni's choice, not the plan's. A spread
 * counts empty nodes as domains, so that the moment of a release decides what is legal; here releases are left to their need.
 * And nodes of one host name could not be told apart by what stands on them.
 */
function isBeyond(yard: Yard, relations: readonly number[], movers: readonly number[]): boolean {
  const { survey } = yard;
  const hosts = survey.nodes.all.map((node) => node.labels['kubernetes.io/hostname'] ?? node.name);
  if (new Set(hosts).size < hosts.length) return true;
  return relations.some((number) => {
    const relation = survey.relations.all[number];
    return relation?.kind === 'spread' && movers.some((pod) => podsOf(relation.bearers).includes(pod));
  });
}

/** A resource of which every node has room for all movers together tells nothing. */
function resourcesOf(
  yard: Yard,
  movers: readonly number[],
): { readonly resources: readonly number[]; readonly demand: readonly number[] } {
  const { width, asks, pods, sizes, nodes } = yard.survey;
  const ask = (pod: number, r: number) => asks[(pods.ask[pod] ?? 0) * width + r] ?? 0;
  const all = Array.from({ length: width }, (_, r) => movers.reduce((sum, pod) => sum + ask(pod, r), 0));
  const resources = all.flatMap((demand, r) => {
    let least = Number.POSITIVE_INFINITY;
    for (let size = 0; size < sizes.count; size += 1)
      least = Math.min(least, sizes.room[size * width + r] ?? 0);
    nodes.all.forEach((_, node) => {
      if (yard.origin[node] === origin.refused) return;
      const own = movers.reduce((sum, pod) => sum + (yard.at[pod] === node ? ask(pod, r) : 0), 0);
      least = Math.min(least, (yard.free[node * width + r] ?? 0) + own);
    });
    return demand > least ? [r] : [];
  });
  return { resources, demand: resources.map((r) => all[r] ?? 0) };
}

function sizeOf(
  { asks, width, pods }: Survey,
  pod: number,
  resources: readonly number[],
  demand: readonly number[],
): number {
  return resources.reduce(
    (sum, r, place) => sum + (asks[(pods.ask[pod] ?? 0) * width + r] ?? 0) / Math.max(1, demand[place] ?? 1),
    0,
  );
}

/** Members are no two alike; other pods are where they ask for the same and relate to the same. */
function groupsOf({ pods, relations }: Survey, movers: readonly number[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const pod of movers) {
    const [from, to] = [relations.start[pod] ?? 0, relations.start[pod + 1] ?? 0];
    const related = `${relations.ids.subarray(from, to).join()} ${relations.sides.subarray(from, to).join()}`;
    const member = (pods.cluster[pod] ?? -1) >= 0 ? pod : '';
    const key = `${member} ${pods.ask[pod]} ${pods.rule[pod]} ${related}`;
    const alike = groups.get(key);
    if (alike === undefined) groups.set(key, [pod]);
    else alike.push(pod);
  }
  return [...groups.values()];
}

/** A size is left out where another of its zone and kind has at least its room in everything. */
function sizesOf(yard: Yard): readonly number[] {
  const { sizes, width, relations } = yard.survey;
  const all = Array.from({ length: sizes.count }, (_, size) => size).filter((size) =>
    sizes.nodes[size]?.some((node) => yard.origin[node] === origin.drained),
  );
  // Labels that relations speak of are no part of a kind.
  const labels = (size: number) =>
    relations.all.map(({ topologyKey }) =>
      topologyKey === 'kubernetes.io/hostname' ? '' : (sizes.example[size]?.labels[topologyKey] ?? ''),
    );
  const asGood = (better: number, size: number) =>
    sizes.zone[better] === sizes.zone[size] &&
    sizes.kind[better] === sizes.kind[size] &&
    labels(better).join() === labels(size).join() &&
    Array.from({ length: width }).every(
      (_, r) => (sizes.room[better * width + r] ?? 0) >= (sizes.room[size * width + r] ?? 0),
    );
  return all.filter(
    (size) =>
      !all.some((other) => other !== size && asGood(other, size) && (!asGood(size, other) || other < size)),
  );
}
