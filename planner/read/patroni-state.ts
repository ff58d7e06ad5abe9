/**
 * What Patroni keeps about a cluster in annotations of Endpoints or ConfigMaps: the leader lock, WAL position, sync state, configuration.
 * https://github.com/patroni/patroni/blob/v4.0.7/patroni/dcs/kubernetes.py (Kubernetes._cluster_from_nodes)
 */
import type { DatabaseCluster } from '../model.ts';
import { at, isObject, type JsonObject, numberAt, textAt } from './raw-json.ts';
import { type FoundObject, note, type Reading } from './reading.ts';

/** Patroni's default of maximum_lag_on_failover, in bytes. */
const maximumLagBytesDefault = 1_048_576;

export type PatroniState = {
  /**
   * Names in leader annotations: usually one; two where Endpoints and ConfigMaps disagree; an empty list where a lock object
   * says that nobody holds it. Undefined: no lock object in the snapshot.
   */
  readonly lockHolders?: readonly string[];
  /** WAL position in bytes that the leader last wrote. */
  readonly leaderPosition?: number;
  /** Names of the synchronous standbys of `syncLeader`. */
  readonly syncStandbys: readonly string[];
  readonly syncLeader?: string;
  /** RFC 3339 as Patroni wrote it. */
  readonly renewedAt?: string;
  readonly paused: boolean;
  readonly synchronous: DatabaseCluster['synchronous'];
  readonly maximumLagBytes: number;
};

/** Objects that may hold state, by `kind/namespace/name`. */
export type StateObjects = ReadonlyMap<string, FoundObject>;

/** The index from both kinds, whichever of them Patroni uses. */
export function indexStateObjects(
  endpoints: readonly FoundObject[],
  configMaps: readonly FoundObject[],
): StateObjects {
  const index = new Map<string, FoundObject>();
  const add = (kind: string, each: FoundObject) => index.set(`${kind}/${each.namespace}/${each.name}`, each);
  for (const each of endpoints) add('Endpoints', each);
  for (const each of configMaps) add('ConfigMap', each);
  return index;
}

/** The state of the cluster `namespace/scope`; everything unknown where none of its objects is in the snapshot. */
export function readPatroniState(reading: Reading, key: string, objects: StateObjects): PatroniState {
  const annotationsOf = (kind: string, suffix: string) =>
    at(objects.get(`${kind}/${key}${suffix}`)?.json, 'metadata', 'annotations');
  // With Endpoints the lock is on the object of the primary's service; with ConfigMaps it has one of its own.
  const locks = [annotationsOf('Endpoints', ''), annotationsOf('ConfigMap', '-leader')].filter(isLock);
  const holders = [...new Set(locks.flatMap((lock) => textAt(lock, 'leader') ?? []))].sort();
  const config = readConfig(reading, key, [
    annotationsOf('Endpoints', '-config'),
    annotationsOf('ConfigMap', '-config'),
  ]);
  const sync = [annotationsOf('Endpoints', '-sync'), annotationsOf('ConfigMap', '-sync')].find(
    (each) => textAt(each, 'leader') !== undefined,
  );
  const positions = locks.flatMap((lock) => numberAt(lock, 'optime') ?? []);
  const syncLeader = textAt(sync, 'leader');
  const renewedAt = locks.flatMap((lock) => textAt(lock, 'renewTime') ?? []).at(-1);
  return {
    ...(locks.length === 0 ? {} : { lockHolders: holders }),
    ...(positions.length === 0 ? {} : { leaderPosition: Math.max(...positions) }),
    syncStandbys: names(textAt(sync, 'sync_standby')),
    ...(syncLeader === undefined ? {} : { syncLeader }),
    ...(renewedAt === undefined ? {} : { renewedAt }),
    paused: isOn(at(config, 'pause')),
    synchronous: synchronousMode(config),
    maximumLagBytes: Math.max(0, numberAt(config, 'maximum_lag_on_failover') ?? maximumLagBytesDefault),
  };
}

/** Endpoints of a service exist without Patroni too: only its own annotations make them a lock. */
function isLock(annotations: unknown): annotations is JsonObject {
  return ['leader', 'optime', 'renewTime', 'ttl'].some((key) => textAt(annotations, key) !== undefined);
}

function readConfig(reading: Reading, key: string, candidates: readonly unknown[]): JsonObject {
  for (const annotations of candidates) {
    const text = textAt(annotations, 'config');
    if (text === undefined) continue;
    const config = parseJson(text);
    if (isObject(config)) return config;
    note(reading, 'unreadable-member-status', `${key}-config`, { severity: 'risks' });
  }
  return {};
}

/** The value, or undefined where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function names(list: string | undefined): readonly string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .sort();
}

function synchronousMode(config: JsonObject): DatabaseCluster['synchronous'] {
  const mode = at(config, 'synchronous_mode');
  if (typeof mode === 'string' && mode.toLowerCase() === 'quorum') return 'quorum';
  if (!isOn(mode)) return 'off';
  return isOn(at(config, 'synchronous_mode_strict')) ? 'strict' : 'on';
}

/** Booleans as Patroni reads them: https://github.com/patroni/patroni/blob/v4.0.7/patroni/utils.py (parse_bool). */
export function isOn(value: unknown): boolean {
  return value === true || value === 1 || ['on', 'true', 'yes', '1'].includes(String(value).toLowerCase());
}
