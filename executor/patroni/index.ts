/**
 * The Patroni port over the members' REST APIs.
 */
import type { z } from 'zod';
import { OutsideError } from '../errors.ts';
import type { PatroniPort, PatroniView } from '../ports.ts';
import {
  type ClusterAnswer,
  clusterSchema,
  configSchema,
  findLeader,
  type MemberAnswer,
  memberSchema,
  toPatroniView,
  upstreamOf,
} from './cluster-view.ts';
import { openPatroniRest, type PatroniConnection, type PatroniRest } from './rest.ts';
import { switchover } from './switchover.ts';

export type PatroniOptions = PatroniConnection & {
  /**
   * Longest wait for one answer to a GET. Default 4 s: a look takes two of them where members hang, and nothing is decided on one that
   * is older than 10 s when it is there.
   */
  readonly readDeadlineMs?: number;
  /**
   * Longest wait for a switchover. Default 75 s: Patroni itself polls for up to 2 * max(10, loop_wait) rounds of a second
   * or more, which is 60 s with loop_wait 30.
   */
  readonly switchoverDeadlineMs?: number;
};

type Address = { readonly name: string; readonly url: string };

/** Returns the port; nothing is asked yet. */
export function connectPatroni(options: PatroniOptions = {}): PatroniPort & { close(): Promise<void> } {
  const rest = openPatroniRest(options);
  const readDeadlineMs = options.readDeadlineMs ?? 4_000;
  const switchoverDeadlineMs = options.switchoverDeadlineMs ?? 75_000;
  return {
    readCluster: (members) => readCluster(rest, members, readDeadlineMs),
    switchover: (leader, candidate) => switchover(rest, leader, candidate, switchoverDeadlineMs),
    close: () => rest.close(),
  };
}

async function readCluster(
  rest: PatroniRest,
  members: readonly Address[],
  deadlineMs: number,
): Promise<PatroniView> {
  const { answer, by } = await firstAnswer(rest, members, deadlineMs);
  const leader = addressOf(answer, findLeader(answer), members);
  if (leader === undefined) return toPatroniView({ cluster: answer });
  const [own, word, config] = await Promise.all([
    leader.name === by ? answer : read(rest, `${leader.url}/cluster`, clusterSchema, deadlineMs),
    read(rest, `${leader.url}/patroni`, memberSchema, deadlineMs),
    read(rest, `${leader.url}/config`, configSchema, deadlineMs),
  ]);
  // The leader's view wins over a replica's. Where it does not answer, or says that another one leads by now, nobody is
  // known to stream.
  const cluster = own ?? answer;
  const agrees = findLeader(cluster) === leader.name;
  // Where the leader is silent nobody is known to stream anyway.
  const upstreams = word && (await readUpstreams(rest, cluster, members, deadlineMs));
  return toPatroniView({
    cluster,
    leader: agrees ? word : undefined,
    config,
    ...(upstreams && { upstreams }),
  });
}

/** The word of replicas that others stream from; most clusters have none. Those that do not answer are left out. */
async function readUpstreams(
  rest: PatroniRest,
  cluster: ClusterAnswer,
  members: readonly Address[],
  deadlineMs: number,
): Promise<ReadonlyMap<string, MemberAnswer>> {
  const names = new Set(cluster.members.flatMap((member) => upstreamOf(member, cluster) ?? []));
  const words = new Map<string, MemberAnswer>();
  const ask = async (name: string): Promise<void> => {
    const address = addressOf(cluster, name, members);
    const word = address && (await read(rest, `${address.url}/patroni`, memberSchema, deadlineMs));
    if (word !== undefined) words.set(name, word);
  };
  await Promise.all([...names].map(ask));
  return words;
}

type Answered = { readonly answer: ClusterAnswer; readonly by: string };

async function firstAnswer(
  rest: PatroniRest,
  members: readonly Address[],
  deadlineMs: number,
): Promise<Answered> {
  const silent = new Map<string, string>();
  const ask = async ({ name, url }: Address): Promise<Answered | undefined> => {
    const onNone = (why: string) => void silent.set(name, `${name} (${why})`);
    const answer = await read(rest, `${url}/cluster`, clusterSchema, deadlineMs, onNone);
    return answer && { answer, by: name };
  };
  const [first, ...others] = members;
  const answered = first && (await ask(first));
  if (answered !== undefined) return answered;
  // Where the first hangs others may, too: asked one after the other they would take longer than a look may.
  const found = await firstOf(others.map(ask));
  if (found !== undefined) return found;
  const told = members.flatMap(({ name }) => silent.get(name) ?? []);
  throw new OutsideError({
    code: 'unreachable',
    target: 'patroni',
    request: 'GET /cluster',
    message: told.length === 0 ? 'no member has an address' : `no answer from ${told.join(', ')}`,
  });
}

/** Resolves to the answer that is there first; undefined: nobody has one. Nobody waits for those that hang where another has answered. */
function firstOf<Answer>(asked: readonly Promise<Answer | undefined>[]): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    for (const each of asked) each.then((answer) => answer !== undefined && resolve(answer), reject);
    Promise.all(asked).then(() => resolve(undefined), reject);
  });
}

/** The address its pod gave wins over the one that Patroni published, which may be older than the pod. */
function addressOf(
  cluster: ClusterAnswer,
  name: string | undefined,
  members: readonly Address[],
): Address | undefined {
  if (name === undefined) return undefined;
  const known = members.find((member) => member.name === name);
  if (known !== undefined) return known;
  const published = cluster.members.find((member) => member.name === name)?.api_url;
  return published === undefined || published === null
    ? undefined
    : { name, url: published.replace(/\/patroni\/?$/, '') };
}

/** Returns the parsed answer, or undefined when there is none, or one that is not as Patroni has it; `onNone` is told why. */
async function read<Schema extends z.ZodType>(
  rest: PatroniRest,
  url: string,
  schema: Schema,
  deadlineMs: number,
  onNone: (why: string) => void = () => {},
): Promise<z.infer<Schema> | undefined> {
  try {
    const { status, text } = await rest.send('GET', url, deadlineMs);
    const parsed = status === 200 ? schema.safeParse(JSON.parse(text)) : undefined;
    if (parsed?.success === true) return parsed.data;
    onNone(status === 200 ? 'not as Patroni answers' : `answers ${status}`);
  } catch (error) {
    if (!(error instanceof OutsideError || error instanceof SyntaxError)) throw error;
    onNone(error instanceof OutsideError ? error.said : 'not as Patroni answers');
  }
  return undefined;
}
