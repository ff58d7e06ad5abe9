/**
 * Watchers that are told the same lines, letter by letter: what is told to them is picked, written as JSON and put into bytes once,
 * and goes out once for all changes of one moment of the wall clock. Fifty watches of all pods cost little more than one.
 */
import type { StoreEvent } from '../world/object-store.ts';
import type { World } from '../world/world.ts';
import type { LineSink } from './answer.ts';

/** The line of an event, with its newline; undefined: it is not told. */
type LineOf = (event: StoreEvent) => string | undefined;

/** More than this does not wait for the end of the moment: writing it to fifty sockets takes as long as playing what it tells. */
const waitingCharactersMax = 256 * 1024;

class Audience {
  readonly #lineOf: LineOf;
  readonly #members = new Set<LineSink>();
  #waiting: string[] = [];
  #waitingCharacters = 0;

  constructor(lineOf: LineOf) {
    this.#lineOf = lineOf;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** A member is told what happens from now on. */
  join(lines: LineSink): void {
    this.tellWaiting();
    this.#members.add(lines);
  }

  leave(lines: LineSink): void {
    this.#members.delete(lines);
  }

  hear(event: StoreEvent): void {
    const line = this.#lineOf(event);
    if (line === undefined) return;
    if (this.#waiting.length === 0) queueMicrotask(() => this.tellWaiting());
    this.#waiting.push(line);
    this.#waitingCharacters += line.length;
    if (this.#waitingCharacters > waitingCharactersMax) this.tellWaiting();
  }

  /** Sends what waits: before anything else is sent to one of the members, for a watch never goes back. */
  tellWaiting(): void {
    if (this.#waiting.length === 0) return;
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#waitingCharacters = 0;
    for (const member of this.#members) member.send(bytes);
  }
}

/** All audiences of one world. */
class Audiences {
  /** By kind of object, then by what is told. */
  readonly #byKind = new Map<string, Map<string | symbol, Audience>>();

  constructor(world: World) {
    world.store.onEvent((event) => {
      for (const audience of this.#byKind.get(event.object.kind)?.values() ?? []) audience.hear(event);
    });
  }

  join(kind: string, key: string | symbol, lineOf: LineOf, lines: LineSink): () => void {
    const ofKind = this.#byKind.get(kind) ?? new Map<string | symbol, Audience>();
    this.#byKind.set(kind, ofKind);
    const audience = ofKind.get(key) ?? new Audience(lineOf);
    ofKind.set(key, audience);
    audience.join(lines);
    lines.onClose(() => {
      audience.leave(lines);
      if (audience.isEmpty && ofKind.get(key) === audience) ofKind.delete(key);
    });
    return () => audience.tellWaiting();
  }
}

const audiencesOf = new WeakMap<World, Audiences>();

/**
 * Tells `lines` what happens from now on to objects of a kind, until they are closed. Two with the same `key` are told the same,
 * which is what `lineOf` of the first of them says. Returns what sends at once all that was to be told so far.
 */
export function joinAudience(
  world: World,
  told: { readonly kind: string; readonly key: string | symbol; readonly lineOf: LineOf },
  lines: LineSink,
): () => void {
  const audiences = audiencesOf.get(world) ?? new Audiences(world);
  audiencesOf.set(world, audiences);
  return audiences.join(told.kind, told.key, told.lineOf, lines);
}
