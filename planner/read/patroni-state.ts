/**
 * What Patroni keeps about a cluster in annotations of Endpoints or ConfigMaps: the leader lock, WAL position, sync state, configuration.
 * https://github.com/patroni/patroni/blob/v4.0.7/patroni/dcs/kubernetes.py (Kubernetes._cluster_from_nodes)
 */
import type { DatabaseCluster } from '../model.ts';
import { asNumber, at, isObject, type JsonObject, numberAt, objectIn, textAt } from './raw-json.ts';
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
  readonly synchronousNodeCount?: number;
  readonly maximumLagBytes: number;
};

/** Annotations of the objects that may hold state, by `namespace/name`: both kinds, whichever of them Patroni uses. */
export type StateObjects = {
  readonly endpoints: Map<string, JsonObject>;
  readonly configMaps: Map<string, JsonObject>;
};

/** What Patroni writes into annotations; nothing else of these objects is looked at or kept. */
const ownAnnotations = ['leader', 'optime', 'renewTime', 'ttl', 'config', 'sync_standby'] as const;

/** Keeps Patroni's annotations of an object; most of them have none. */
export function keepState(index: Map<string, JsonObject>, found: FoundObject): void {
  const annotations = objectIn(objectIn(found.json, 'metadata'), 'annotations');
  const own: { [key: string]: unknown } = {};
  for (const key of ownAnnotations) if (annotations[key] !== undefined) own[key] = annotations[key];
  if (Object.keys(own).length > 0) index.set(found.key, own);
}

/** The state of the cluster `namespace/scope`; everything unknown where none of its objects is in the snapshot. */
export function readPatroniState(reading: Reading, key: string, objects: StateObjects): PatroniState {
  const { endpoints, configMaps } = objects;
  // With Endpoints the lock is on the object of the primary's service; with ConfigMaps it has one of its own.
  const locks = [endpoints.get(key), configMaps.get(`${key}-leader`)].filter(isLock);
  const holders = [...new Set(locks.flatMap((lock) => textAt(lock, 'leader') ?? []))].sort();
  const configKey = `${key}-config`;
  const config = readConfig(reading, configKey, [endpoints.get(configKey), configMaps.get(configKey)]);
  const syncKey = `${key}-sync`;
  const sync = [endpoints.get(syncKey), configMaps.get(syncKey)].find(
    (each) => textAt(each, 'leader') !== undefined,
  );
  const positions = locks.flatMap((lock) => numberAt(lock, 'optime') ?? []);
  const syncLeader = textAt(sync, 'leader');
  const renewedAt = locks.flatMap((lock) => textAt(lock, 'renewTime') ?? []).at(-1);
  const synchronous = synchronousMode(config);
  const synchronousNodeCount = readNodeCount(config, synchronous);
  return {
    ...(locks.length === 0 ? {} : { lockHolders: holders }),
    ...(positions.length === 0 ? {} : { leaderPosition: Math.max(...positions) }),
    syncStandbys: names(textAt(sync, 'sync_standby')),
    ...(syncLeader === undefined ? {} : { syncLeader }),
    ...(renewedAt === undefined ? {} : { renewedAt }),
    paused: isOn(at(config, 'pause')),
    synchronous,
    ...(synchronousNodeCount === undefined ? {} : { synchronousNodeCount }),
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
    note(reading, 'unreadable-member-status', key, { severity: 'risks' });
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

/**
 * Strict mode needs one in any case.
 * https://github.com/patroni/patroni/blob/v4.0.7/patroni/global_config.py (GlobalConfig.synchronous_node_count)
 */
function readNodeCount(config: JsonObject, mode: DatabaseCluster['synchronous']): number | undefined {
  const written = asNumber(config.synchronous_node_count);
  if (written === undefined) return undefined;
  return Math.max(mode === 'strict' ? 1 : 0, Math.floor(written));
}

/** Booleans as Patroni reads them: https://github.com/patroni/patroni/blob/v4.0.7/patroni/utils.py (parse_bool). */
export function isOn(value: unknown): boolean {
  return value === true || value === 1 || ['on', 'true', 'yes', '1'].includes(String(value).toLowerCase());
}
