/** Patroni's REST API of one member, as recorded from Patroni 3.0.2. */
import type { PatroniAnswer, PatroniAnswerNow, PatroniRequest } from './answers.ts';
import type { ClusterState, MemberState } from './patroni-cluster.ts';
import { chooseSyncSoon } from './patroni-leader.ts';
import { metricsText } from './patroni-metrics.ts';
import { primaryWord, publishCluster, runningWord } from './patroni-publish.ts';
import { postReinitialize, postRestart } from './patroni-restart.ts';
import { deleteSwitchover, scheduledView } from './patroni-schedule.ts';
import { isStreaming, positionOf } from './patroni-state.ts';
import { postFailover, postSwitchover } from './patroni-switchover.ts';
import { badRequestPage, errorPage, say } from './patroni-texts.ts';
import type { World } from './world.ts';

type Asked = { readonly pathname: string; readonly query: string };

/** Returns the answer of this member to one request. */
export function answerPatroni(
  world: World,
  cluster: ClusterState,
  member: MemberState,
  request: PatroniRequest,
): PatroniAnswer {
  const [pathname = '', query = ''] = request.path.split('?');
  const url: Asked = { pathname, query };
  if (request.method === 'POST' && url.pathname === '/switchover')
    return postSwitchover(world, cluster, request.body);
  if (request.method === 'DELETE' && url.pathname === '/switchover') return deleteSwitchover(world, cluster);
  if (request.method === 'POST' && url.pathname === '/failover') return postFailover(request.body);
  if (request.method === 'POST' && url.pathname === '/restart')
    return postRestart(world, cluster, member, request.body);
  if (request.method === 'POST' && url.pathname === '/reinitialize')
    return postReinitialize(world, cluster, member, request.body);
  if (request.method === 'PATCH' && url.pathname === '/config')
    return patchConfig(world, cluster, request.body);
  if (request.method === 'OPTIONS' || request.method === 'HEAD') {
    return say(healthStatus(world, cluster, member, url), '');
  }
  if (request.method === 'GET') return answerGet(world, cluster, member, url);
  return say(
    501,
    errorPage(501, `Unsupported method ('${request.method}')`, 'Server does not support this operation'),
  );
}

function answerGet(world: World, cluster: ClusterState, member: MemberState, url: Asked): PatroniAnswerNow {
  switch (url.pathname) {
    case '/cluster':
      return json(200, clusterView(world, cluster));
    case '/config':
      return json(200, cluster.config);
    case '/history':
      return json(200, cluster.history);
    case '/patroni':
      return json(200, memberView(world, cluster, member));
    case '/metrics':
      return text(200, metricsText(world, cluster, member));
    case '/readiness':
    case '/liveness':
      return say(healthStatus(world, cluster, member, url), '');
    case '/failsafe':
      return say(502, errorPage(502, 'Bad Gateway', 'Invalid responses from another server/proxy'));
    default:
      return json(healthStatus(world, cluster, member, url), memberView(world, cluster, member));
  }
}

const PRIMARY_PATHS: ReadonlySet<string> = new Set(['/', '/primary', '/master', '/leader', '/read-write']);

/** 200 or 503 as load balancers read it. Ready is not streaming: /readiness and /health do not ask for it. */
function healthStatus(world: World, cluster: ClusterState, member: MemberState, url: Asked): number {
  const path = url.pathname;
  const leads = cluster.leader === member.name && member.role === 'primary';
  const runs = member.state === 'running' && member.ready;
  const replica = runs && member.role === 'replica';
  const sync = cluster.syncStandbys.includes(member.name);
  const ok =
    path === '/liveness' ||
    ((path === '/readiness' || path === '/health') && (leads || runs)) ||
    (PRIMARY_PATHS.has(path) && leads) ||
    (path === '/replica' && replica && lagAllowed(world, cluster, member, url)) ||
    (path === '/read-only' && runs) ||
    ((path === '/sync' || path === '/synchronous') && replica && sync) ||
    ((path === '/async' || path === '/asynchronous') && replica && !sync);
  return ok ? 200 : 503;
}

function lagAllowed(world: World, cluster: ClusterState, member: MemberState, url: Asked): boolean {
  const limit = new URLSearchParams(url.query).get('lag');
  if (limit === null || member.tags.noloadbalance === true) return member.tags.noloadbalance !== true;
  const match = /^([0-9]+)([kMGT]?)B?$/.exec(limit);
  const scale = { '': 1, k: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }[match?.[2] ?? ''] ?? 1;
  return cluster.publishedBytes - positionOf(world, cluster, member) <= Number(match?.[1] ?? 0) * scale;
}

/** GET /cluster is what the members published, up to a loop old; lag is measured against the published position. */
function clusterView(world: World, cluster: ClusterState): unknown {
  const members = [...cluster.members.values()]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map((member) => {
      const { published } = member;
      const leads = cluster.leader === member.name;
      const sync = cluster.config.synchronous_mode && cluster.syncStandbys.includes(member.name);
      const lag =
        published.positionBytes === undefined
          ? 'unknown'
          : Math.max(0, cluster.publishedBytes - published.positionBytes);
      return {
        name: member.name,
        role: leads ? 'leader' : sync ? 'sync_standby' : 'replica',
        state: published.state === 'running' ? runningWord(world, cluster, member) : published.state,
        api_url: world.patroniUrlOf(member),
        host: member.ip,
        port: 5432,
        ...(published.timeline === undefined ? {} : { timeline: published.timeline }),
        ...(Object.keys(member.tags).length === 0 ? {} : { tags: member.tags }),
        ...(leads ? {} : { lag }),
      };
    });
  return {
    members,
    ...(cluster.config.pause === true ? { pause: true } : {}),
    ...(cluster.scheduled === undefined ? {} : { scheduled_switchover: scheduledView(cluster.scheduled) }),
  };
}

/** GET /patroni of one member; the leader's `replication` alone says who streams. */
function memberView(world: World, cluster: ClusterState, member: MemberState): unknown {
  const bytes = positionOf(world, cluster, member);
  const leads = member.role === 'primary' && cluster.leader === member.name;
  const connections = [...cluster.members.values()].filter(
    (one) => one !== member && isStreaming(world, one),
  );
  const replication = connections.map((one) => {
    const sync = cluster.config.synchronous_mode && cluster.syncStandbys.includes(one.name);
    return {
      usename: 'standby',
      application_name: one.name,
      client_addr: one.ip,
      state: 'streaming',
      sync_state: sync ? 'sync' : 'async',
      sync_priority: sync ? 1 : 0,
    };
  });
  const running = member.state === 'running';
  return {
    state: member.state === 'running' ? runningWord(world, cluster, member) : member.state,
    ...(running
      ? {
          postmaster_start_time: new Date(member.startedMs)
            .toISOString()
            .replace('T', ' ')
            .replace('Z', '000+00:00'),
        }
      : {}),
    role: member.role === 'primary' ? primaryWord(cluster) : member.role,
    ...(running ? { server_version: 150_020 } : {}),
    ...(running
      ? {
          xlog: leads
            ? { location: bytes }
            : { received_location: bytes, replayed_location: bytes, replayed_timestamp: null, paused: false },
        }
      : {}),
    ...(running ? { timeline: member.timeline } : {}),
    ...(leads && replication.length > 0 ? { replication } : {}),
    ...(cluster.leader === undefined ? { cluster_unlocked: true } : {}),
    dcs_last_seen: Math.floor(world.nowMs() / 1000),
    ...(Object.keys(member.tags).length === 0 ? {} : { tags: member.tags }),
    database_system_identifier: cluster.systemId,
    patroni: { version: cluster.version, scope: cluster.scope },
    ...(cluster.config.pause === true ? { pause: true } : {}),
  };
}

/** PATCH /config: null removes a key, objects are merged. */
function patchConfig(world: World, cluster: ClusterState, body: unknown): PatroniAnswerNow {
  if (typeof body !== 'object' || body === null) return badRequestPage();
  for (const [key, value] of Object.entries(body)) {
    if (value === null) delete cluster.config[key];
    else cluster.config[key] = value;
  }
  publishCluster(world, cluster);
  chooseSyncSoon(world, cluster);
  return json(200, cluster.config);
}

function json(status: number, body: unknown): PatroniAnswerNow {
  return { kind: 'answer', status, body, contentType: 'application/json' };
}

function text(status: number, body: string): PatroniAnswerNow {
  return { kind: 'answer', status, body, contentType: 'text/plain' };
}
