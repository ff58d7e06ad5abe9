/**
 * Faults that are switched on and off with kubectl while the sandbox runs: a line each in the data of the ConfigMap
 * kube-system/simulation-faults. docs/sandbox.md says what each line does.
 */
import type { StoredObject } from '../world/object-store.ts';
import type { World } from '../world/world.ts';
import type { FaultEffect, HttpFaults } from './http-faults.ts';
import { isJsonObject, type JsonObject } from './json.ts';

export const faultSwitches = { namespace: 'kube-system', name: 'simulation-faults' } as const;

type Stage = { readonly world: World; readonly faults: HttpFaults };

/** Reads the text of a line: what is wrong with it, or what switches the fault on and returns what switches it off. */
type Switch = (text: string) => { readonly wrong: string } | { readonly on: (stage: Stage) => () => void };

/** Never the documents that kubectl finds its way with, nor the switches themselves: what is on can always be switched off. */
const struckPaths = '^(?!.*simulation-faults)/(api/v1|apis/[^/]+/v1)/';

const switches: Readonly<Record<string, Switch>> = {
  'nodes-never-come': each(/^(\*|[\w.-]+)$/, 'zones, or * for all', ({ world }, zone) =>
    present(world.faults.nodesNeverCome, zone),
  ),
  'volume-attach-seconds': number(0, 86_400, ({ world: { faults } }, seconds) => {
    faults.volumeAttachSeconds = seconds;
    return () => {
      faults.volumeAttachSeconds = undefined;
    };
  }),
  'volume-detach-seconds': number(0, 86_400, ({ world: { faults } }, seconds) => {
    faults.volumeDetachSeconds = seconds;
    return () => {
      faults.volumeDetachSeconds = undefined;
    };
  }),
  'replicas-frozen': each(/^[^/]+\/[^/]+$/, 'namespace/pod', ({ world }, pod) => {
    const [namespace = '', name = ''] = pod.split('/');
    world.freezeReplica(namespace, name, true);
    return () => world.freezeReplica(namespace, name, false);
  }),
  'replicas-never-stream': each(/^[^/]+\/[^/]+$/, 'namespace/pod', ({ world }, pod) =>
    present(world.faults.neverStream, pod),
  ),
  'patroni-silent': each(/^[^/]+\/[^/]+$/, 'namespace/pod', ({ world }, pod) =>
    present(world.faults.silentPatroni, pod),
  ),
  'controllers-away': (text) =>
    text === 'true'
      ? {
          on: ({ world: { faults } }) => {
            faults.controllersAway = true;
            return () => {
              faults.controllersAway = false;
            };
          },
        }
      : { wrong: 'expected true; take the line out to switch it off' },
  'api-errors-percent': percent({ kind: 'answer', status: 500 }),
  'api-throttled-percent': percent({ kind: 'answer', status: 429, retryAfterSeconds: 1 }),
  'api-answers-lost-percent': percent({ kind: 'close-after' }),
  'api-slow-ms': number(0, 60_000, ({ faults }, ms) => {
    const fault = faults.add({ server: 'kubernetes', path: struckPaths, effect: { kind: 'slow', ms } });
    return () => faults.remove(fault);
  }),
};

/**
 * Puts the ConfigMap into the world, without a fault, and from then on does what it says: a line that comes switches a fault on,
 * one that goes switches it off, one that changes does both.
 */
export function keepFaultSwitches(world: World, faults: HttpFaults): void {
  const stage: Stage = { world, faults };
  const on = new Map<string, { readonly text: string; readonly off: () => void }>();
  const follow = (wanted: JsonObject): void => {
    for (const [line, { text, off }] of [...on]) {
      if (wanted[line] === text) continue;
      off();
      on.delete(line);
    }
    for (const [line, text] of Object.entries(wanted)) {
      const read = typeof text === 'string' && !on.has(line) ? switches[line]?.(text) : undefined;
      if (typeof text === 'string' && read !== undefined && 'on' in read)
        on.set(line, { text, off: read.on(stage) });
    }
  };
  world.store.onEvent(({ type, object }) => {
    if (areSwitches(object)) follow(type === 'DELETED' ? {} : linesOf(object));
  });
  world.store.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...faultSwitches }, data: {} });
}

/** What speaks against storing this object; undefined: nothing, or it is not the ConfigMap of the faults. */
export function unreadableSwitch(object: JsonObject): string | undefined {
  if (!areSwitches(object)) return undefined;
  for (const [line, text] of Object.entries(linesOf(object))) {
    const known = switches[line];
    if (known === undefined) return `${line}: no such fault; there are ${Object.keys(switches).join(', ')}`;
    const read = known(String(text));
    if ('wrong' in read) return `${line}: ${read.wrong}`;
  }
  return undefined;
}

function areSwitches(object: JsonObject | StoredObject): boolean {
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  return (
    object.kind === 'ConfigMap' &&
    metadata.namespace === faultSwitches.namespace &&
    metadata.name === faultSwitches.name
  );
}

function linesOf(object: JsonObject): JsonObject {
  return isJsonObject(object.data) ? object.data : {};
}

/** A line that lists what is hit, with commas or spaces between. */
function each(shape: RegExp, expected: string, on: (stage: Stage, one: string) => () => void): Switch {
  return (text) => {
    const all = text.split(/[\s,]+/).filter((one) => one !== '');
    return all.length === 0 || !all.every((one) => shape.test(one))
      ? { wrong: `expected ${expected}, with commas between` }
      : {
          on: (stage) => {
            const offs = all.map((one) => on(stage, one));
            return () => {
              for (const off of offs) off();
            };
          },
        };
  };
}

function number(min: number, max: number, on: (stage: Stage, value: number) => () => void): Switch {
  return (text) => {
    const value = Number(text);
    return text.trim() === '' || !(value >= min && value <= max)
      ? { wrong: `expected a number from ${min} to ${max}` }
      : { on: (stage) => on(stage, value) };
  };
}

/** So many of a hundred requests to the Kubernetes API. */
function percent(effect: FaultEffect): Switch {
  return number(0, 100, ({ faults }, share) => {
    const fault = faults.add({ server: 'kubernetes', path: struckPaths, probability: share / 100, effect });
    return () => faults.remove(fault);
  });
}

function present(set: Set<string>, key: string): () => void {
  set.add(key);
  return () => set.delete(key);
}
