/**
 * What Patroni writes into Kubernetes: a `status` annotation and the role label on each member's pod, and the leader lock,
 * positions, history and sync state as annotations of Endpoints or ConfigMaps.
 * https://github.com/patroni/patroni/blob/master/patroni/dcs/kubernetes.py
 */

import type { ClusterState, MemberState } from './patroni-cluster.ts';
import { isStreaming, leaderObjectName, positionOf, walAt } from './patroni-state.ts';
import type { World } from './world.ts';

/** Publishes a member's state as it is now, and its label. */
export function publishMember(world: World, cluster: ClusterState, member: MemberState): void {
  const known = member.state === 'running' && member.timeline !== undefined;
  member.published = {
    state: member.state === 'starting' ? 'stopped' : member.state,
    role: member.role,
    timeline: known ? member.timeline : undefined,
    positionBytes: known ? positionOf(world, cluster, member) : undefined,
  };
  writeMember(world, cluster, member);
}

/** Writes what is published of a member, without looking at it anew. */
export function writeMember(world: World, cluster: ClusterState, member: MemberState): void {
  const { published } = member;
  const status = {
    conn_url: `postgres://${member.ip}:5432/postgres`,
    api_url: world.patroniUrlOf(member),
    state: published.state === 'running' ? runningWord(world, cluster, member) : published.state,
    role: published.role === 'primary' ? primaryWord(cluster) : published.role,
    version: cluster.version,
    xlog_location: published.positionBytes,
    timeline: published.timeline,
    tags: Object.keys(member.tags).length === 0 ? undefined : member.tags,
  };
  const label = member.roleLabel;
  world.store.updateNotes('Pod', member.namespace, member.name, ({ uid, annotations, labels }) => {
    if (uid !== member.uid) return {};
    const noted = { annotations: { ...annotations, status: JSON.stringify(status) } };
    // Every loop writes, and the role is nearly always the same.
    if (labels?.[cluster.roleLabel] === label) return noted;
    const { [cluster.roleLabel]: _before, ...others } = labels ?? {};
    return { ...noted, labels: label === undefined ? others : { ...labels, [cluster.roleLabel]: label } };
  });
}

/** Since Patroni 3.1 a replica that streams says so; before it said `running`. */
export function runningWord(world: World, cluster: ClusterState, member: MemberState): string {
  // Major and minor are read as one number: there never was a minor version above 9.
  const saysStreaming = Number.parseFloat(cluster.version) >= 3.1;
  return saysStreaming && member.role === 'replica' && isStreaming(world, member) ? 'streaming' : 'running';
}

/** Patroni 4 says primary where earlier ones said master. */
export function primaryWord(cluster: ClusterState): string {
  return Number.parseFloat(cluster.version) >= 4 ? 'primary' : 'master';
}

/** Publishes lock, position, history and sync state of a cluster. */
export function publishCluster(world: World, cluster: ClusterState): void {
  cluster.publishedBytes = walAt(world, cluster, world.nowMs());
  const leader = cluster.leader === undefined ? undefined : cluster.members.get(cluster.leader);
  annotate(world, cluster, leaderObjectName(cluster.store, cluster.scope), {
    leader: cluster.leader,
    optime: String(cluster.publishedBytes),
    renewTime: patroniTime(world.nowMs()),
    acquireTime: patroniTime(cluster.acquiredMs),
    transitions: String(cluster.transitions),
    ttl: String(cluster.config.ttl ?? 30),
  });
  if (cluster.store === 'Endpoints') pointAt(world, cluster, leader);
  annotate(world, cluster, `${cluster.scope}-config`, {
    config: JSON.stringify(cluster.config),
    initialize: cluster.systemId,
    ...(cluster.history.length === 0 ? {} : { history: JSON.stringify(cluster.history) }),
  });
  if (cluster.config.synchronous_mode) {
    annotate(world, cluster, `${cluster.scope}-sync`, {
      leader: cluster.leader,
      sync_standby: cluster.syncStandbys.join(',') || undefined,
    });
  }
}

/** All of a cluster at one moment, so that published positions fit together. */
export function publishAll(world: World, cluster: ClusterState): void {
  for (const member of cluster.members.values()) {
    const settled = member.role === 'primary' || member.role === 'replica';
    if (settled && member.state === 'running' && member.published.state === 'running') {
      publishMember(world, cluster, member);
    }
  }
  publishCluster(world, cluster);
}

/** Writes annotations of one of the cluster's objects, which is created if need be; undefined takes one off. */
export function annotate(
  world: World,
  cluster: ClusterState,
  name: string,
  notes: Readonly<Record<string, string | undefined>>,
): void {
  const written = world.store.updateNotes(cluster.store, cluster.namespace, name, (stored) => {
    // Every loop writes, and most of it stands there already.
    if (areNoted(stored.annotations ?? {}, notes)) return {};
    const annotations: Record<string, string> = { ...stored.annotations };
    for (const key in notes) {
      const value = notes[key];
      if (value !== undefined) annotations[key] = value;
      else if (annotations[key] !== undefined) delete annotations[key];
    }
    return { annotations };
  });
  if (written !== undefined) return;
  const annotations = Object.fromEntries(
    Object.entries(notes).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
  world.store.create({
    apiVersion: 'v1',
    kind: cluster.store,
    metadata: {
      name,
      namespace: cluster.namespace,
      labels:
        world.ownLabels === undefined
          ? { application: 'spilo', 'cluster-name': cluster.scope }
          : { [world.ownLabels.scopeLabel]: cluster.scope },
      annotations,
    },
  });
}

function areNoted(
  annotations: Readonly<Record<string, string>>,
  notes: Readonly<Record<string, string | undefined>>,
): boolean {
  for (const key in notes) if (annotations[key] !== notes[key]) return false;
  return true;
}

/** The Endpoints of the leader point at its pod alone. */
function pointAt(world: World, cluster: ClusterState, leader: MemberState | undefined): void {
  const stored = world.store.get('Endpoints', cluster.namespace, cluster.scope);
  // Every loop asks, and the leader is nearly always the same.
  if (stored?.subsets?.[0]?.addresses?.[0]?.targetRef?.uid === leader?.uid) return;
  world.store.update('Endpoints', cluster.namespace, cluster.scope, (draft) => {
    if (leader === undefined) {
      delete draft.subsets;
      return;
    }
    const pod = world.store.get('Pod', leader.namespace, leader.name);
    const subset = draft.subsets?.[0];
    draft.subsets = [
      {
        addresses: [
          {
            hostname: leader.name,
            ip: leader.ip,
            nodeName: pod?.spec?.nodeName,
            targetRef: { kind: 'Pod', name: leader.name, namespace: leader.namespace, uid: leader.uid },
          },
        ],
        ports: subset?.ports ?? [{ name: 'postgresql', port: 5432, protocol: 'TCP' }],
      },
    ];
  });
}

/** Patroni's times have microseconds and an offset. */
export function patroniTime(ms: number): string {
  const known = patroniTimes.get(ms);
  if (known !== undefined) return known;
  const text = `${new Date(ms).toISOString().slice(0, 23)}000+00:00`;
  if (patroniTimes.size >= patroniTimesKept) patroniTimes.clear();
  patroniTimes.set(ms, text);
  return text;
}

/** All clusters of a fleet publish at one moment, and each tells in every loop since when it has its leader. */
const patroniTimes = new Map<number, string>();
const patroniTimesKept = 1_000;
