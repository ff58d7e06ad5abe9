/**
 * Pure: what Patroni says at GET /cluster, /patroni and /config -> PatroniView.
 * https://patroni.readthedocs.io/en/latest/rest_api.html
 *
 * Only the leader's own list of replication connections (GET /patroni, `replication`) tells who streams: a member that is
 * ready, and that /cluster calls running with lag 0, may not stream yet.
 */
import { z } from 'zod';
import type { PatroniMember, PatroniView } from '../ports.ts';

const tagsSchema = z.object({
  nofailover: z.unknown().optional(),
  failover_priority: z.unknown().optional(),
  replicatefrom: z.unknown().optional(),
});

export const clusterSchema = z.object({
  members: z.array(
    z.object({
      name: z.string(),
      role: z.string(),
      state: z.string(),
      // null: a pod in which no Patroni has written anything yet, such as one whose volume is on its way.
      api_url: z.string().nullish(),
      timeline: z.union([z.number(), z.string()]).nullish(),
      lag: z.union([z.number(), z.string()]).nullish(),
      tags: tagsSchema.nullish(),
    }),
  ),
  pause: z.boolean().nullish(),
  scheduled_switchover: z.object({ at: z.string() }).nullish(),
});
export type ClusterAnswer = z.infer<typeof clusterSchema>;

export const memberSchema = z.object({
  role: z.string(),
  state: z.string(),
  timeline: z.number().nullish(),
  pause: z.boolean().nullish(),
  replication: z
    .array(
      z.object({
        application_name: z.string().nullish(),
        state: z.string().nullish(),
        sync_state: z.string().nullish(),
      }),
    )
    .nullish(),
});
export type MemberAnswer = z.infer<typeof memberSchema>;

export const configSchema = z.object({ synchronous_mode: z.unknown().optional() });
export type ConfigAnswer = z.infer<typeof configSchema>;

/** Name of the one leader of GET /cluster; undefined: none, or more than one is called so. */
export function findLeader(cluster: ClusterAnswer): string | undefined {
  const leaders = cluster.members.filter((member) => isLeading(member.role));
  return leaders.length === 1 ? leaders[0]?.name : undefined;
}

/**
 * Returns the name of the replica that this member is told to stream from; undefined: from the leader, as all where the one that is named
 * is not there. https://patroni.readthedocs.io/en/latest/yaml_configuration.html#tags
 */
export function upstreamOf(
  { name, tags }: ClusterAnswer['members'][number],
  cluster: ClusterAnswer,
): string | undefined {
  const named = tags?.replicatefrom;
  const upstream = cluster.members.find((other) => other.name === named && other.name !== name);
  return upstream === undefined || isLeading(upstream.role) ? undefined : upstream.name;
}

/**
 * Returns the view. `upstreams`: GET /patroni of replicas that others are told to stream from, by name. `leader` is the leader's own GET /patroni; undefined: it did not answer, and then nobody is known to
 * stream. A leader that says of itself that it leads nobody leaves the view without leader.
 */
export function toPatroniView(answers: {
  readonly cluster: ClusterAnswer;
  readonly leader?: MemberAnswer | undefined;
  readonly config?: ConfigAnswer | undefined;
  readonly upstreams?: ReadonlyMap<string, MemberAnswer>;
}): PatroniView {
  const { cluster, leader, config, upstreams } = answers;
  const named = findLeader(cluster);
  const confirmed = leader === undefined || isLeading(leader.role) ? named : undefined;
  const streaming = streamingNames(confirmed === undefined ? undefined : leader);
  const members = cluster.members.map((member) => {
    const seen = toMember(member, streaming);
    const upstream = upstreams?.get(upstreamOf(member, cluster) ?? '');
    if (streamingNames(upstream).has(member.name)) return { ...seen, streamsFromReplica: true as const };
    // What the others name is what it wrote last.
    return leader !== undefined && member.name === confirmed ? { ...seen, state: leader.state } : seen;
  });
  const listed = cluster.members.find((member) => member.name === confirmed);
  const timeline = leader?.timeline ?? wholeNumber(listed?.timeline);
  const scheduledAt = cluster.scheduled_switchover?.at;
  return {
    ...(confirmed === undefined ? {} : { leader: confirmed }),
    ...(confirmed === undefined || leader !== undefined ? {} : { leaderSilent: true }),
    ...(timeline === undefined ? {} : { timeline }),
    paused: cluster.pause === true || leader?.pause === true,
    ...(scheduledAt === undefined ? {} : { scheduledSwitchoverAt: scheduledAt }),
    synchronous: isSynchronous(config) || members.some((member) => member.role === 'sync-standby'),
    members: members.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function toMember(member: ClusterAnswer['members'][number], streaming: ReadonlySet<string>): PatroniMember {
  const lagBytes = wholeNumber(member.lag);
  const timeline = wholeNumber(member.timeline);
  return {
    name: member.name,
    role: toRole(member.role),
    state: member.state,
    ...(lagBytes === undefined ? {} : { lagBytes }),
    ...(timeline === undefined ? {} : { timeline }),
    nofailover: isNofailover(member.tags),
    streaming: streaming.has(member.name),
  };
}

function streamingNames(leader: MemberAnswer | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  for (const connection of leader?.replication ?? []) {
    if (connection.state === 'streaming' && connection.application_name)
      names.add(connection.application_name);
  }
  return names;
}

/** Before Patroni 4 a leader called itself master at GET /patroni. */
function isLeading(role: string): boolean {
  return toRole(role) === 'leader' || toRole(role) === 'standby-leader';
}

function toRole(role: string): PatroniMember['role'] {
  switch (role) {
    case 'leader':
    case 'primary':
    case 'master':
      return 'leader';
    case 'standby_leader':
      return 'standby-leader';
    case 'sync_standby':
    case 'quorum_standby':
      return 'sync-standby';
    case 'replica':
      return 'replica';
    default:
      return 'unknown';
  }
}

/** nofailover, or its successor failover_priority at 0 or below: https://patroni.readthedocs.io/en/latest/yaml_configuration.html#tags */
function isNofailover(tags: ClusterAnswer['members'][number]['tags']): boolean {
  if (tags === undefined || tags === null) return false;
  if (isOn(tags.nofailover)) return true;
  const priority = wholeNumber(tags.failover_priority);
  return priority !== undefined && priority <= 0;
}

/** synchronous_mode is true, or "quorum" since Patroni 4. */
function isSynchronous(config: ConfigAnswer | undefined): boolean {
  const mode = config?.synchronous_mode;
  return isOn(mode) || mode === 'quorum';
}

/** Booleans as Patroni reads them from YAML and annotations. */
function isOn(value: unknown): boolean {
  return (
    value === true || (typeof value === 'string' && ['true', 'on', 'yes', '1'].includes(value.toLowerCase()))
  );
}

/** The word `unknown` stays unknown, and is never taken for zero. */
function wholeNumber(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return Number(value);
  return undefined;
}
