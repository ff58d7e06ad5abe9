/** Worlds for tests, and short words for what is done to them. */
import type { PatroniAnswerNow } from '../../../simulations/world/answers.ts';
import { createWorld, type WorldOptions } from '../../../simulations/world/create-world.ts';
import type { World } from '../../../simulations/world/world.ts';
import { fleetObjects } from '../../fixtures/fleet.ts';
import type { FleetPart } from '../../fixtures/fleet-parts.ts';

/** A world of these parts, two seconds after its start, when its controllers have settled. */
export function worldOf(parts: readonly FleetPart[], options: Partial<WorldOptions> = {}): World {
  const world = createWorld({ objects: fleetObjects(...parts).items, ...options });
  pass(world, 2);
  return world;
}

/** Lets virtual seconds pass. */
export function pass(world: World, seconds: number): void {
  world.advanceTo(world.nowMs() + seconds * 1000);
}

export function evict(world: World, name: string): number {
  return world.evict('default', name, { metadata: { name } }).status;
}

export function nodeOf(world: World, pod: string): unknown {
  return world.store.get('Pod', 'default', pod)?.spec.nodeName;
}

export function labelOf(world: World, pod: string, key: string): string | undefined {
  return world.store.get('Pod', 'default', pod)?.metadata.labels?.[key];
}

/** GET of a member's Patroni. */
export function ask(world: World, pod: string, path: string): PatroniAnswerNow | undefined {
  const answer = world.patroniRequest('default', pod, { method: 'GET', path });
  return answer.kind === 'answer' ? answer : undefined;
}

export function switchOver(world: World, asked: string, body: unknown): Said {
  return post(world, asked, '/switchover', body);
}

type Said = PatroniAnswerNow | { readonly kind: 'no-answer' } | undefined;

/** POST, waited for; 'no-answer' as such. Undefined: none within a minute of virtual time. */
export function post(world: World, asked: string, path: string, body: unknown): Said {
  const answer = world.patroniRequest('default', asked, { method: 'POST', path, body });
  if (answer.kind !== 'later') return answer;
  let late: Said;
  answer.done((said) => {
    late = said;
  });
  for (let tenths = 0; tenths < 600 && late === undefined; tenths += 1) pass(world, 0.1);
  return late;
}

/** Names that the leader lists as streaming. */
export function streaming(world: World, leader: string): readonly string[] {
  const body = ask(world, leader, '/patroni')?.body;
  if (typeof body !== 'object' || body === null || !('replication' in body)) return [];
  const list: unknown = body.replication;
  if (!Array.isArray(list)) return [];
  return list.map((one: { application_name: string }) => one.application_name).sort();
}
