/**
 * Database clusters in numbers: members, primary, who may take over, and the temporary members that the request wants.
 */
import type { DatabaseCluster, Fleet, Pod } from '../model.ts';
import type { ResolvedCluster, ResolvedRequest } from '../read/resolve-request.ts';
import {
  ability,
  abilityOf,
  type Ineligibility,
  ineligibility,
  isHealthy,
  lastingReason,
  needsSync,
} from './abilities.ts';
import { roleNumber } from './role-words.ts';

export type ClusterTable = {
  readonly all: readonly DatabaseCluster[];
  /** What is said of clusters and members most often, column by column: their objects lie far apart in memory. */
  readonly key: readonly string[];
  readonly settings: readonly (ResolvedCluster | undefined)[];
  readonly weight: Float64Array;
  /** Pods of cluster c: `members` from `start[c]` to `start[c + 1]`, in the order of its members. */
  readonly start: Int32Array;
  readonly members: Int32Array;
  /** Cluster of each entry of `members`. */
  readonly ofMember: Int32Array;
  /** Pod of the primary; -1: none, or several claim it. */
  readonly primary: Int32Array;
  /** Pod of the member that comes for a time where nobody may take over and the request wants it; -1: none. */
  readonly temporary: Int32Array;
  /** 1: the primary may be taken away for good once a temporary member leads: a StatefulSet gives up its first pod or its last one. */
  readonly primaryMayGo: Uint8Array;
  /** Index of each member among `cluster.members`, by pod; -1: no member. */
  readonly memberOf: Int32Array;
  /** By pod: number among `roleWords` of the role of the member; a temporary one comes as a replica. */
  readonly role: Uint8Array;
  /** By pod: NaN: unknown, or no member. */
  readonly lagBytes: Float64Array;
  /** By pod: 1 where no tag keeps the member from ever being promoted. */
  readonly mayBePromoted: Uint8Array;
  /** By pod: see `ability`. */
  readonly ability: Uint8Array;
  /** By pod: what is against it now; undefined: nothing. */
  readonly reason: readonly (Ineligibility | undefined)[];
  /** By pod: 1 where it is a member that is not available now. */
  readonly unhealthy: Uint8Array;
  /** 1: several members, whose lag is known and which have no tag; not strict and not paused. Most clusters are so. */
  readonly ordinary: Uint8Array;
  /** 1: it has one primary and is not paused, so that its members may be moved. */
  readonly movable: Uint8Array;
  /** By pod: 1 where nothing lasting is against it, so that it may lead again after it was primary. */
  readonly mayReturn: Uint8Array;
  /** 1: only the synchronous standby may take over, and it is not the only one that could be. */
  readonly sync: Uint8Array;
  /** Pod of the one synchronous standby at the start; -1: unknown, or not needed. */
  readonly syncStandby: Int32Array;
};

/** What the table says where the request wants nothing special. */
export type PlainClusters = Omit<
  ClusterTable,
  'settings' | 'weight' | 'temporary' | 'primaryMayGo' | 'reason'
> & {
  readonly reason: (Ineligibility | undefined)[];
};

type Growing = PlainClusters & Pick<ClusterTable, 'settings' | 'weight' | 'temporary' | 'primaryMayGo'>;

/** Returns the clusters of a fleet as they are whatever the request; `standing` are its pods. */
export function readClusters(fleet: Fleet, standing: readonly Pod[]): PlainClusters {
  const table = emptyTable(fleet.clusters, standing.length);
  const numberOf = findingPods(standing);
  let end = 0;
  for (let index = 0; index < table.all.length; index += 1) {
    const cluster = table.all[index];
    if (cluster === undefined) continue;
    end = enterMembers(table, cluster, index, undefined, end, standing, numberOf);
    table.ordinary[index] = isOrdinary(cluster) ? 1 : 0;
    table.movable[index] =
      cluster.primary !== undefined && cluster.claimants.length <= 1 && !cluster.paused ? 1 : 0;
  }
  return { ...table, members: table.members.slice(0, end), ofMember: table.ofMember.slice(0, end) };
}

/** Returns the table of clusters and the pods of temporary members, which follow `standing` in the order of their numbers. */
export function surveyClusters(
  plain: PlainClusters,
  request: ResolvedRequest,
  standing: readonly Pod[],
): { readonly clusters: ClusterTable; readonly temporary: readonly Pod[] } {
  const table = tableFor(plain, settingsOf(plain.key, request));
  const temporary: Pod[] = [];
  const numberOf = findingPods(standing);
  for (let index = 0; index < table.all.length; index += 1) {
    const cluster = table.all[index];
    if (cluster === undefined) continue;
    const setting = table.settings[index];
    if (setting === undefined || !changesMembers(setting)) continue;
    const from = table.start[index] ?? 0;
    if (setting.switchover === 'never')
      enterMembers(table, cluster, index, setting, from, standing, numberOf);
    const pod = temporaryPod(table, cluster, index, standing);
    if (pod === undefined) continue;
    const number = standing.length + temporary.push(pod) - 1;
    table.temporary[index] = number;
    table.primaryMayGo[index] = isFirstOfSet(cluster) ? 1 : 0;
    table.ability[number] = ability.now;
  }
  return { clusters: table, temporary };
}

function settingsOf(
  keys: readonly string[],
  { clusters: ofKey, otherClusters }: ResolvedRequest,
): readonly ResolvedCluster[] {
  return keys.map((key) => ofKey[key] ?? otherClusters);
}

/** Whether a setting may say something else of members than what is so whatever the request. */
function changesMembers({ switchover, singleMember }: ResolvedCluster): boolean {
  return switchover === 'never' || singleMember === 'scale-out';
}

/** What a request changes is a copy; most change nothing. */
function tableFor(plain: PlainClusters, settings: readonly ResolvedCluster[]): Growing {
  const copied = settings.some(changesMembers);
  return {
    ...plain,
    settings,
    weight: weightsOf(settings),
    temporary: new Int32Array(settings.length).fill(-1),
    primaryMayGo: new Uint8Array(settings.length),
    ability: copied ? plain.ability.slice() : plain.ability,
    reason: copied ? plain.reason.slice() : plain.reason,
    mayReturn: copied ? plain.mayReturn.slice() : plain.mayReturn,
    sync: copied ? plain.sync.slice() : plain.sync,
    syncStandby: copied ? plain.syncStandby.slice() : plain.syncStandby,
  };
}

function weightsOf(settings: readonly ResolvedCluster[]): Float64Array {
  const weights = new Float64Array(settings.length);
  for (let cluster = 0; cluster < weights.length; cluster += 1)
    weights[cluster] = settings[cluster]?.weight ?? 1;
  return weights;
}

function emptyTable(all: readonly DatabaseCluster[], pods: number): PlainClusters {
  const count = all.length;
  const podsMax = pods + count;
  return {
    all,
    key: all.map(({ key }) => key),
    start: new Int32Array(count + 1),
    members: new Int32Array(podsMax),
    ofMember: new Int32Array(podsMax),
    primary: new Int32Array(count).fill(-1),
    memberOf: new Int32Array(podsMax).fill(-1),
    role: new Uint8Array(podsMax).fill(roleNumber('replica')),
    lagBytes: new Float64Array(podsMax).fill(Number.NaN),
    mayBePromoted: new Uint8Array(podsMax),
    ability: new Uint8Array(podsMax),
    reason: new Array<Ineligibility | undefined>(podsMax).fill(undefined),
    unhealthy: new Uint8Array(podsMax),
    ordinary: new Uint8Array(count),
    movable: new Uint8Array(count),
    mayReturn: new Uint8Array(podsMax),
    sync: new Uint8Array(count),
    syncStandby: new Int32Array(count).fill(-1),
  };
}

/**
 * Returns the number of a pod by its key; -1: it is not there. Clusters and pods are both sorted, so that the pod asked for is
 * mostly the one behind the last, and one that is not is found by halves. What is not found so is looked for among all.
 */
function findingPods(counted: readonly Pod[]): (key: string) => number {
  let next = 0;
  let named: ReadonlyMap<string, number> | undefined;
  return (key) => {
    let number = counted[next]?.key === key ? next : placeOf(counted, key);
    if (counted[number]?.key !== key) {
      named ??= new Map(counted.map((pod, index) => [pod.key, index]));
      number = named.get(key) ?? -1;
    }
    next = number + 1;
    return number;
  };
}

/** The first place in a sorted list that is not before the key. */
function placeOf(sorted: readonly Pod[], key: string): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle]?.key ?? key) < key) from = middle + 1;
    else to = middle;
  }
  return from;
}

function enterMembers(
  table: PlainClusters,
  cluster: DatabaseCluster,
  index: number,
  setting: ResolvedCluster | undefined,
  from: number,
  counted: readonly Pod[],
  numberOf: (key: string) => number,
): number {
  const { members } = cluster;
  const primary = members.find((member) => member.name === cluster.primary);
  let end = from;
  let couldLead = 0;
  let syncStandbys = 0;
  for (let place = 0; place < members.length; place += 1) {
    const member = members[place];
    const number = member === undefined ? -1 : numberOf(member.pod);
    const pod = counted[number];
    if (member === undefined || pod === undefined) continue;
    table.members[end] = number;
    table.ofMember[end] = index;
    end += 1;
    table.memberOf[number] = place;
    if (member === primary) table.primary[index] = number;
    table.role[number] = roleNumber(member.role);
    table.lagBytes[number] = member.lagBytes ?? Number.NaN;
    table.mayBePromoted[number] = member.nofailover || member.failoverPriority === 0 ? 0 : 1;
    const against = ineligibility(member, pod, cluster, primary, setting);
    table.reason[number] = against;
    table.ability[number] = abilityOf(against);
    table.unhealthy[number] = isHealthy(member, pod) ? 0 : 1;
    table.mayReturn[number] = lastingReason(member, cluster, setting) === undefined ? 1 : 0;
    if (table.ability[number] !== ability.never) couldLead += 1;
    if (member.role === 'sync-standby' && against === undefined) {
      syncStandbys += 1;
      table.syncStandby[index] = number;
    }
  }
  table.start[index + 1] = end;
  if (needsSync(cluster) && syncStandbys === 0) awaitSync(table, from, end);
  // Where every member that could lead is synchronous, or there is one only, any of them may take over.
  table.sync[index] = needsSync(cluster) && couldLead > 1 && syncStandbys < couldLead ? 1 : 0;
  if (syncStandbys !== 1) table.syncStandby[index] = -1;
  return end;
}

function isOrdinary({ members, primary, paused, synchronous }: DatabaseCluster): boolean {
  if (members.length < 2 || paused || synchronous === 'strict') return false;
  for (const { name, lagBytes, nofailover, failoverPriority, replicatefrom } of members) {
    if (nofailover || failoverPriority === 0 || replicatefrom !== undefined) return false;
    if (lagBytes === undefined && name !== primary) return false;
  }
  return true;
}

/** Nobody who could lead is synchronous: who is gets settled anew when members move. */
function awaitSync({ members, ability: abilities, reason }: PlainClusters, from: number, to: number): void {
  for (let place = from; place < to; place += 1) {
    const pod = members[place] ?? -1;
    if (abilities[pod] !== ability.now) continue;
    reason[pod] = 'no-synchronous';
    abilities[pod] = ability.afterMove;
  }
}

/** Whether the primary's pod is the first of its set: the temporary member, which is the last, stays in its stead. */
function isFirstOfSet({ members, primary }: DatabaseCluster): boolean {
  const own = ordinalOf(primary ?? '');
  return members.every(({ name }) => ordinalOf(name) >= own);
}

function ordinalOf(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
}

/** Like the primary's pod, on a volume of its own in any zone, named with the next ordinal; undefined: none may come. */
function temporaryPod(
  table: Growing,
  cluster: DatabaseCluster,
  index: number,
  counted: readonly Pod[],
): Pod | undefined {
  const setting = table.settings[index];
  if (setting?.singleMember !== 'scale-out' || setting.switchover === 'never') return undefined;
  const [from, to] = [table.start[index] ?? 0, table.start[index + 1] ?? 0];
  for (let place = from; place < to; place += 1)
    if (table.ability[table.members[place] ?? 0] !== ability.never) return undefined;
  const primary = counted[table.primary[index] ?? -1];
  if (primary === undefined) return undefined;
  const base = primary.name.replace(/-\d+$/, '');
  const ordinals = cluster.members.map((each) => ordinalOf(each.name));
  const name = `${base}-${Math.max(0, ...ordinals) + 1}`;
  const { node: _stands, volumeBytes: _bytes, ...pod } = primary;
  return { ...pod, key: `${pod.namespace}/${name}`, name, uid: '', volumeTerms: [] };
}
