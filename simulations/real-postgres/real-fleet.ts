/** The demo's fleet with real databases: nodes, pods and the API are simulated, in each database pod runs a real Patroni. */
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServedWorld, serveWorld } from '../http/serve-world.ts';
import { isHealthy } from '../strategies/rotation.ts';
import type { Containers } from '../world/containers.ts';
import { createWorld } from '../world/create-world.ts';
import type { StoredObject } from '../world/object-store.ts';
import { scopeOf } from '../world/patroni-state.ts';
import type { World } from '../world/world.ts';
import type { Programs } from './find-programs.ts';
import { freePorts } from './free-ports.ts';
import { isWell, type LeaderRecord, leaderOf, recordLeaders, syncStandbyOf } from './leader-lock.ts';
import { type MemberProcess, startMember } from './member-process.ts';
import { memberSettings } from './member-settings.ts';
import { openOwnFolder } from './own-folder.ts';
import { startingObjects, type WantedCluster, wantedClusters } from './starting-objects.ts';
import { fillVolume, makeTemplate } from './template-volume.ts';
import { until } from './until.ts';

export type RealFleet = {
  readonly world: World;
  readonly served: ServedWorld;
  readonly clusters: readonly WantedCluster[];
  readonly leaders: LeaderRecord;
  /** Every pod runs and is ready, every cluster has its leader and its synchronous standby. */
  readonly isHealthy: () => boolean;
  /** Port of a cluster's primary on 127.0.0.1, as the lock names it; undefined: nobody leads. */
  readonly primaryPort: (cluster: WantedCluster) => number | undefined;
  /** Base URL of the Patroni in a pod. */
  readonly restUrl: (pod: string) => string;
  readonly isClosed: () => boolean;
  /** Ends all databases at once, takes their volumes away and closes the simulated servers. A second time waits for the first. */
  readonly close: () => Promise<void>;
};

export type RealFleetOptions = {
  readonly programs: Programs;
  /** Of everything but Patroni and PostgreSQL, which know only one. */
  readonly speed: number;
  readonly pipelineSecret: string;
  /** Undefined: all of the demo's. */
  readonly clusters?: readonly WantedCluster[];
};

/**
 * Real seconds that a volume is on its way from node to node, however fast the rest lives: the one thing in which the simulated fleet and
 * Patroni race. A member that is moved must not be back before Patroni has turned the others to a new leader, as it never is in life.
 */
const VOLUME_SECONDS = 2;

/** Three databases after another start within a few seconds each, on a busy machine a few times as long. */
const OPENING_LIMIT_MS = 90_000;

type Ports = { readonly rest: number; readonly postgres: number };

/** What stays of a member when its pod goes: its volume and, for want of addresses, its ports. */
type Place = { readonly cluster: WantedCluster; readonly volume: string; readonly ports: Ports };

/** Opens the fleet and returns once all its clusters are well. Throws with the end of Patroni's log where they are not in time. */
export async function openRealFleet(options: RealFleetOptions): Promise<RealFleet> {
  const { programs } = options;
  // However the program ends, no database stays behind.
  const folder = openOwnFolder('switchyard-postgres-');
  const root = folderFor(programs, folder.path);
  const running = new Map<string, MemberProcess>();
  let isOpen = true;
  const end = (): Promise<void> => {
    isOpen = false;
    return folder.clear();
  };
  try {
    const template = folderFor(programs, join(root, 'template'));
    const systemId = await makeTemplate(programs, template);
    const clusters = options.clusters ?? wantedClusters();
    const places = await prepare(programs, root, template, clusters);
    const kubeconfig = join(root, 'kubeconfig');
    const containers = realContainers({
      programs,
      places,
      running,
      kubeconfig,
      world: () => world,
      isOpen: () => isOpen,
    });
    const world = createWorld({
      objects: startingObjects(systemId, clusters),
      startMs: Date.now(),
      durations: { volumeDetachSeconds: VOLUME_SECONDS * options.speed },
      containers,
    });
    const served = await serveWorld(world, { speed: options.speed, pipelineSecret: options.pipelineSecret });
    writeFileSync(kubeconfig, served.kubeconfig());
    const fleet = faceOf({ world, served, clusters, leaders: recordLeaders(world, clusters), places, end });
    if (await until(fleet.isHealthy, OPENING_LIMIT_MS)) return fleet;
    const because = endsOfLogs(places);
    await fleet.close();
    throw new Error(`the databases were not ready within ${OPENING_LIMIT_MS / 1000} s\n${because}`);
  } catch (error) {
    await end();
    throw error;
  }
}

type Opened = Pick<RealFleet, 'world' | 'served' | 'clusters' | 'leaders'> & {
  readonly places: ReadonlyMap<string, Place>;
  readonly end: () => Promise<void>;
};

function faceOf({ places, end, ...opened }: Opened): RealFleet {
  const { world, served, clusters } = opened;
  const portsOf = (pod: string): Ports | undefined => places.get(pod)?.ports;
  let closing: Promise<void> | undefined;
  return {
    ...opened,
    isHealthy: () => isHealthy(world) && clusters.every((cluster) => isWell(world, cluster)),
    primaryPort: (cluster) => portsOf(leaderOf(world, cluster) ?? '')?.postgres,
    restUrl: (pod) => `http://127.0.0.1:${portsOf(pod)?.rest}`,
    isClosed: () => closing !== undefined,
    close: () => {
      closing ??= end().then(() => served.close());
      return closing;
    },
  };
}

/** A folder that belongs to whom the processes run as, and to nobody else. */
function folderFor({ user }: Programs, path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  if (user !== undefined) chownSync(path, user.uid, user.gid);
  return path;
}

/** Volumes, ports and settings of all members, by pod. */
async function prepare(
  programs: Programs,
  root: string,
  template: string,
  clusters: readonly WantedCluster[],
): Promise<ReadonlyMap<string, Place>> {
  const pods = clusters.flatMap((cluster) => cluster.members.map((pod) => ({ cluster, pod })));
  const free = await freePorts(2 * pods.length);
  const volumes = pods.map(({ pod }) => folderFor(programs, join(root, pod)));
  await Promise.all(volumes.map((volume) => fillVolume(programs, template, volume)));
  const places = new Map<string, Place>();
  for (const [index, { cluster, pod }] of pods.entries()) {
    const volume = join(root, pod);
    const [rest = 0, postgres = 0] = free.slice(2 * index);
    places.set(pod, { cluster, volume, ports: { rest, postgres } });
    const settings = memberSettings({
      scope: cluster.scope,
      name: pod,
      namespace: cluster.namespace,
      restPort: rest,
      postgresPort: postgres,
      folders: { postgresBin: programs.postgresBin, volume },
    });
    writeFileSync(join(volume, 'patroni.json'), settings);
  }
  return places;
}

type Runtime = {
  readonly programs: Programs;
  readonly places: ReadonlyMap<string, Place>;
  /** By pod: what runs now. */
  readonly running: Map<string, MemberProcess>;
  readonly kubeconfig: string;
  readonly world: () => World;
  /** False: the fleet is being closed, and nothing starts any more. */
  readonly isOpen: () => boolean;
};

function realContainers(runtime: Runtime): Containers {
  const { running, places } = runtime;
  const stopped = new Set<string>();
  return {
    runs: (pod) => scopeOf(pod) !== undefined,
    start: (pod, probed) => {
      const { uid, name } = pod.metadata;
      const place = places.get(name);
      if (place === undefined) throw new Error(`no volume for pod ${name}`);
      void until(() => isItsTurn(runtime.world(), place.cluster, name), OPENING_LIMIT_MS).then((mayStart) => {
        if (mayStart && runtime.isOpen() && !stopped.has(uid))
          running.set(name, startIn(runtime, pod, place, probed));
      });
    },
    stop: ({ metadata: { uid, name } }, gone) => {
      stopped.add(uid);
      const member = running.get(name);
      if (member === undefined) {
        gone();
        return;
      }
      void member.stop().then(() => {
        running.delete(name);
        gone();
      });
    },
  };
}

/** When a fleet opens, who is to lead comes first, then who is to be its synchronous standby. Later everybody's turn has come. */
function isItsTurn(world: World, cluster: WantedCluster, pod: string): boolean {
  const place = cluster.members.indexOf(pod);
  if (place === 0) return true;
  if (place === 1) return leaderOf(world, cluster) !== undefined;
  return syncStandbyOf(world, cluster) !== undefined;
}

function startIn(
  { programs, kubeconfig, isOpen }: Runtime,
  { metadata: { name } }: StoredObject,
  { volume, ports }: Place,
  probed: (ready: boolean) => void,
): MemberProcess {
  return startMember({
    programs,
    kubeconfig,
    volume,
    probed,
    settingsFile: join(volume, 'patroni.json'),
    restPort: ports.rest,
    died: (code) => {
      if (!isOpen()) return;
      probed(false);
      process.stderr.write(`Patroni of ${name} ended with exit code ${code}\n${endOfLog(volume)}\n`);
    },
  });
}

const LOG_LINES = 8;

function endsOfLogs(places: ReadonlyMap<string, Place>): string {
  return [...places].map(([pod, { volume }]) => `${pod}:\n${endOfLog(volume)}`).join('\n');
}

function endOfLog(volume: string): string {
  try {
    return readFileSync(join(volume, 'patroni.log'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-LOG_LINES)
      .join('\n');
  } catch {
    return '(it did not start)';
  }
}
