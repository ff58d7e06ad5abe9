/** What each member says of itself while a switchover takes its course: as recorded from real Patroni 3.0.2, word by word and in its time. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createWorld } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { cluster, clusterWith, fleetObjects, member, node, zone } from '../../fixtures/fleet.ts';
import { ask, pass } from './worlds.ts';

type Word = {
  readonly patroni?: number;
  readonly role?: string;
  readonly state?: string;
  readonly timeline?: number;
  readonly primary: number;
  readonly readiness: number;
};
type Timeline = {
  readonly request: { readonly leader: string; readonly candidate?: string };
  readonly series: readonly ({ readonly ms: number } & Readonly<Record<string, Word>>)[];
};
type Said = { readonly word: string; readonly ms: number };

const folder = new URL('../../fixtures/answers/patroni-timelines/', import.meta.url);
const files = readdirSync(folder).sort();
const names = ['acid-b-0', 'acid-b-1', 'acid-b-2'];
const zones = [zone('z1', node('n1')), zone('z2', node('n2')), zone('z3', node('n3'))];
/** The recordings differ by that much from each other: a replica that nobody asks turned to its new leader after 3.1 s or after 6.1 s. */
const differsMs = 3_000;

/** Timelines count from the first. Undefined: the member could not be asked, or is in the moment in which it takes the lock. */
function wordOf({ patroni, role, state, timeline, primary, readiness }: Word, first: number) {
  if (patroni !== 200 || (role === 'replica' && primary === 200)) return undefined;
  const later = timeline === undefined ? '-' : `+${timeline - first}`;
  return `${role} ${state} timeline ${later} /primary ${primary} /readiness ${readiness}`;
}

/** One after the other, each once. */
function changes(
  words: readonly { readonly ms: number; readonly word: string | undefined }[],
): readonly Said[] {
  const told: Said[] = [];
  for (const { ms, word } of words)
    if (word !== undefined && told.at(-1)?.word !== word) told.push({ word, ms });
  return told;
}

function recordedWords({ series }: Timeline, name: string): readonly Said[] {
  const first = series[0]?.[name]?.timeline ?? 0;
  return changes(series.map((at) => ({ ms: at.ms, word: at[name] && wordOf(at[name], first) })));
}

function askMember(world: World, name: string): Word {
  const said = ask(world, name, '/patroni');
  const status = (path: string): number => ask(world, name, path)?.status ?? 0;
  return {
    ...(said?.body as Pick<Word, 'role' | 'state' | 'timeline'>),
    patroni: said?.status ?? 0,
    primary: status('/primary'),
    readiness: status('/readiness'),
  };
}

function worldLedBy(leader: string, isSynchronous: boolean): World {
  const standby = names.find((name) => name !== leader);
  const roleOf = (name: string) =>
    name === leader ? 'primary' : isSynchronous && name === standby ? 'sync-standby' : 'replica';
  const members = names.map((name, at) => member(`n${at + 1}`, roleOf(name)));
  const options = isSynchronous ? { synchronous: 'on' as const } : {};
  const { items } = fleetObjects(...zones, cluster('acid-b', clusterWith(options), ...members));
  // Later versions have other words: `streaming`, `primary`.
  const text = JSON.stringify(items).replace(/(\\"version\\":\\")[^\\]*/g, '$13.0.2');
  return createWorld({ objects: JSON.parse(text) });
}

function played({ request }: Timeline, file: string): ReadonlyMap<string, readonly Said[]> {
  const isSynchronous = file.startsWith('085');
  const world = worldLedBy(request.leader, isSynchronous);
  if (file.startsWith('076')) world.patroniRequest('default', request.leader, pauseRequest);
  if (file.startsWith('102')) world.freezeReplica('default', String(request.candidate), true);
  pass(world, 30);
  const firsts = new Map(names.map((name) => [name, askMember(world, name).timeline ?? 0]));
  const beganMs = world.nowMs();
  const answer = world.patroniRequest('default', request.leader, {
    method: 'POST',
    path: '/switchover',
    body: isSynchronous ? { ...request, candidate: standbyOf(world) } : request,
  });
  if (answer.kind === 'later') answer.done(() => {});
  const words = new Map(names.map((name) => [name, [] as { ms: number; word: string | undefined }[]]));
  for (let step = 0; step < 300; step += 1) {
    for (const name of names)
      words.get(name)?.push({
        ms: world.nowMs() - beganMs,
        word: wordOf(askMember(world, name), firsts.get(name) ?? 0),
      });
    pass(world, 0.05);
  }
  return new Map([...words].map(([name, list]) => [name, changes(list)] as const));
}

const pauseRequest = { method: 'PATCH', path: '/config', body: { pause: true } };

/** Which replica is the synchronous one is Patroni's choice. */
function standbyOf(world: World): string | undefined {
  return world.clusters.get('default/acid-b')?.syncStandbys[0];
}

/** The members by what became of them: who they are is another matter. */
function byFate(told: ReadonlyMap<string, readonly Said[]>): readonly (readonly Said[])[] {
  const led = (said: Said | undefined): number => Number(said?.word.startsWith('master') ?? false);
  return [...told.values()].sort(
    (one, other) => led(other[0]) - led(one[0]) || led(other.at(-1)) - led(one.at(-1)),
  );
}

/** When it began: asked of a replica, the leader hears of it in its next loop only. */
function beginningOf(fates: readonly (readonly Said[])[]): number {
  return fates[0]?.[1]?.ms ?? 0;
}

it.each(files)('%s', (file) => {
  const timeline = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Timeline;
  const real = byFate(new Map(names.map((name) => [name, recordedWords(timeline, name)])));
  const ours = byFate(played(timeline, file));
  const words = (fates: readonly (readonly Said[])[]) => fates.map((told) => told.map(({ word }) => word));
  expect(words(ours)).toEqual(words(real));
  for (const [fate, told] of real.entries())
    for (const [place, { ms, word }] of told.entries()) {
      if (place === 0) continue;
      const after = ms - beginningOf(real);
      const simulated = (ours[fate]?.[place]?.ms ?? 0) - beginningOf(ours);
      expect(Math.abs(simulated - after), `${word}: ${simulated} ms, recorded ${after} ms`).toBeLessThan(
        differsMs,
      );
    }
});

it('there are recordings', () => {
  expect(files.length).toBeGreaterThan(5);
});
