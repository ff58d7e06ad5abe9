/**
 * What is seen of a cluster with a member on a node to be drained: who cannot take over, and what a move interrupts.
 */
import type { DatabaseCluster, Member } from '../model.ts';
import type { Ineligibility } from '../survey/abilities.ts';
import type { Survey } from '../survey/survey.ts';
import { patronictl, type Sight } from './sight.ts';

/** Nobody can take over from the only member. */
export function seeSingleMember(survey: Survey, number: number): Sight | undefined {
  const cluster = survey.clusters.all[number];
  if (cluster?.members.length !== 1) return undefined;
  const chosen = survey.clusters.settings[number]?.singleMember ?? 'restart';
  const fix =
    chosen === 'scale-out' ? {} : { fix: '"singleMember": "scale-out"   (one temporary member, no outage)' };
  return { subject: cluster.key, facts: { singleMember: chosen }, ...fix };
}

/** The primary has to move and tags keep every replica from taking over. What the request forbids is no finding. */
export function seeNoFailover(survey: Survey, number: number): Sight | undefined {
  const { clusters, nodes, pods } = survey;
  const cluster = clusters.all[number];
  const primary = clusters.primary[number] ?? -1;
  if (cluster === undefined || primary < 0 || nodes.asked[pods.node[primary] ?? -1] !== 1) return undefined;
  if (!cluster.members.some((member) => member.nofailover || member.failoverPriority === 0)) return undefined;
  const replicas = membersOf(survey, number).filter((pod) => pod !== primary);
  const against = replicas.map((pod) => clusters.reason[pod]);
  if (!against.includes('nofailover') || !against.every(isTag)) return undefined;
  const members = replicas.map((pod, place) => `${pods.all[pod]?.name ?? ''}: ${against[place] ?? ''}`);
  const tagged = replicas[against.indexOf('nofailover')] ?? -1;
  const fix = `take the tag nofailover off ${pods.all[tagged]?.name ?? ''} (patroni.yml), then ${patronictl(cluster, pods.all[tagged]?.name ?? '', `reload --force ${cluster.scope}`)}`;
  return { subject: cluster.key, facts: { members }, fix };
}

function isTag(reason: Ineligibility | undefined): boolean {
  return reason === 'nofailover' || reason === 'cascading' || reason === 'nosync';
}

/**
 * In strict synchronous mode the primary accepts no writes without a synchronous standby, so that the only member that can be
 * one takes the writes with it when it moves; after a switchover that is the former primary.
 * https://patroni.readthedocs.io/en/latest/replication_modes.html#synchronous-mode
 */
export function seeStrictPair(survey: Survey, number: number): Sight | undefined {
  const { clusters, nodes, pods } = survey;
  const cluster = clusters.all[number];
  const primary = clusters.primary[number] ?? -1;
  if (cluster?.synchronous !== 'strict' || primary < 0) return undefined;
  const standbys = membersOf(survey, number).filter((pod) => {
    const member = cluster.members[clusters.memberOf[pod] ?? -1];
    return pod !== primary && member?.nosync !== true && clusters.reason[pod] !== 'cascading';
  });
  const [standby = -1] = standbys;
  if (standbys.length !== 1) return undefined;
  const moves = [primary, standby].filter((pod) => nodes.asked[pods.node[pod] ?? -1] === 1);
  if (moves.length === 0) return undefined;
  const leader = pods.all[primary]?.name ?? '';
  const strictOff = patronictl(cluster, leader, 'edit-config --force -s synchronous_mode_strict=false');
  const facts = { standby: pods.all[standby]?.name ?? '', members: cluster.members.length };
  const fix = `a third member for the time (Zalando: numberOfInstances: ${cluster.members.length + 1}), or ${strictOff}   (and back to true afterwards)`;
  return { subject: cluster.key, facts, fix };
}

/** Replicas that do not say how far behind they are. */
export function seeUnknownLag(survey: Survey, number: number): Sight | undefined {
  const cluster = survey.clusters.all[number];
  if (cluster === undefined) return undefined;
  const isUnknown = (member: Member) => member.name !== cluster.primary && member.lagBytes === undefined;
  if (!cluster.members.some(isUnknown)) return undefined;
  const names = cluster.members.filter(isUnknown).map((member) => member.name);
  return {
    subject: cluster.key,
    facts: { members: names },
    fix: patronictl(cluster, names[0] ?? '', 'list'),
  };
}

/**
 * A replica that streams from another one which has to move. Patroni lets it follow the leader only once that member's key has
 * expired: https://patroni.readthedocs.io/en/latest/yaml_configuration.html#tags (replicatefrom)
 */
export function seeCascading(survey: Survey, number: number): Sight | undefined {
  const cluster = survey.clusters.all[number];
  if (cluster === undefined || !cluster.members.some(hasUpstream)) return undefined;
  const streams = cluster.members.flatMap((member) => {
    const upstream = upstreamOf(member, cluster);
    const pod = upstream === undefined ? -1 : podOf(survey, number, upstream);
    const moves = survey.nodes.asked[survey.pods.node[pod] ?? -1] === 1;
    return upstream === undefined || !moves ? [] : [{ member: member.name, upstream: upstream.name }];
  });
  const [first] = streams;
  if (first === undefined) return undefined;
  const facts = { ...first, members: streams.map(({ member }) => member) };
  const fix = `take the tag replicatefrom off ${first.member} for the time (patroni.yml), then ${patronictl(cluster, first.member, `reload --force ${cluster.scope}`)}`;
  return { subject: cluster.key, facts, fix };
}

function podOf({ clusters, pods }: Survey, cluster: number, member: Member): number {
  const members = clusters.members.subarray(clusters.start[cluster], clusters.start[cluster + 1]);
  return members.find((pod) => pods.all[pod]?.key === member.pod) ?? -1;
}

function hasUpstream({ replicatefrom }: Member): boolean {
  return replicatefrom !== undefined;
}

/** The replica that a member streams from instead of the primary. */
function upstreamOf({ name, replicatefrom }: Member, cluster: DatabaseCluster): Member | undefined {
  if (name === cluster.primary || replicatefrom === cluster.primary || replicatefrom === name)
    return undefined;
  return cluster.members.find((other) => other.name === replicatefrom);
}

/** Patroni acts on nothing by itself while it is paused. */
export function seePaused(survey: Survey, number: number): Sight | undefined {
  const cluster = survey.clusters.all[number];
  if (cluster?.paused !== true) return undefined;
  const member = cluster.primary ?? cluster.members[0]?.name ?? '';
  return { subject: cluster.key, facts: {}, fix: patronictl(cluster, member, 'resume') };
}

function membersOf({ clusters }: Survey, number: number): readonly number[] {
  return Array.from(clusters.members.subarray(clusters.start[number], clusters.start[number + 1]));
}
