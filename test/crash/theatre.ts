/**
 * A whole small installation for tests that kill and starve: private Redis, a simulated fleet behind HTTP in this process (it outlives
 * everybody), and workers as processes of their own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JournalEntry, KubernetesObject } from '../../executor/ports.ts';
import { openRedis } from '../../executor/redis/connection.ts';
import { type PrivateRedis, startPrivateRedis } from '../../executor/redis/private-server.ts';
import { createRunService } from '../../executor/redis/run-store.ts';
import type { Run } from '../../executor/run.ts';
import type { RunService } from '../../executor/run-service.ts';
import { type DrainPlan, type DrainRequest, planDrain, readSnapshot } from '../../planner/index.ts';
import { type ServedWorld, serveWorld } from '../../simulations/http/serve-world.ts';
import { threeZones, threeZonesRequest } from '../../simulations/scenarios/three-zones.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import type { World } from '../../simulations/world/world.ts';

export type Theatre = {
  readonly world: World;
  readonly served: ServedWorld;
  readonly service: RunService;
  readonly plan: DrainPlan;
  readonly startWorker: (name: string) => ChildProcess;
  /** Starts the run of the talk's example; the worker has to be started, too. */
  readonly startRun: (needsApproval?: boolean) => Promise<string>;
  /** Empties Redis, queues and journals and all. */
  readonly emptyRedis: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** What is played: the objects of a fleet, and what is asked of it. */
export type Piece = { readonly objects: readonly KubernetesObject[]; readonly request: DrainRequest };

/** The talk's example. */
const talk: Piece = { objects: threeZones(), request: threeZonesRequest };

const speed = 20;
const mainFile = fileURLToPath(new URL('../../bin/main.ts', import.meta.url));
let redis: Promise<{ server: PrivateRedis; readonly dir: string }> | undefined;

/** The private Redis of this test process, started with the first theatre. */
function sharedRedis(): Promise<{ server: PrivateRedis; readonly dir: string }> {
  redis ??= (async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sy-crash-'));
    return { server: await startPrivateRedis({ dir }), dir };
  })();
  return redis;
}

/** Ends the private Redis; for afterAll. */
export async function closeRedis(): Promise<void> {
  const open = await redis;
  await open?.server.stop();
  if (open) rmSync(open.dir, { recursive: true, force: true });
  redis = undefined;
}

/** Kills Redis with kill -9 and starts it again on what it left on disk. */
export async function killRedis(): Promise<void> {
  const open = await sharedRedis();
  process.kill(open.server.pid, 'SIGKILL');
  await open.server.stop();
  open.server = await startPrivateRedis({ dir: open.dir });
}

/** Opens a fleet of its own under a prefix of its own. */
export async function openTheatre(name: string, piece: Piece = talk): Promise<Theatre> {
  const { server } = await sharedRedis();
  const world = createWorld({ objects: piece.objects, seed: 1, startMs: Date.now() });
  const served = await serveWorld(world, { speed });
  const connection = openRedis(server.url);
  const prefix = `crash-${name}`;
  const service = createRunService(connection, { prefix });
  const plan = planOf(world, piece.request);
  const workers: ChildProcess[] = [];
  const startWorker = (workerName: string): ChildProcess => {
    const worker = spawn(process.execPath, [mainFile, 'worker'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        REDIS_URL: server.url,
        SWITCHYARD_PREFIX: prefix,
        SWITCHYARD_FLEET: name,
        SWITCHYARD_KUBERNETES_URL: served.kubernetesUrl,
        SWITCHYARD_PIPELINE_URL: served.pipelineUrl,
        SWITCHYARD_WORKER_NAME: workerName,
        SWITCHYARD_PACE: String(speed),
        SWITCHYARD_LOCK_MS: '2000',
        SWITCHYARD_STALLED_MS: '1000',
        SWITCHYARD_SWEEP_MS: '1000',
        LOG_LEVEL: 'silent',
      },
    });
    workers.push(worker);
    return worker;
  };
  return {
    world,
    served,
    service,
    plan,
    startWorker,
    startRun: async (needsApproval = false) => {
      await service.savePlan({ plan, fleet: name, requester: 'test', madeAt: new Date().toISOString() });
      const run = await service.startRun({ planId: plan.id, requester: 'test', needsApproval });
      if ('kind' in run) throw new Error(`${run.code}: ${run.message}`);
      return run.id;
    },
    emptyRedis: async () => {
      await connection.flushall();
    },
    close: async () => {
      for (const worker of workers) if (worker.exitCode === null) worker.kill('SIGKILL');
      service.close();
      connection.disconnect();
      await served.close();
    },
  };
}

function planOf(world: World, request: Parameters<typeof planDrain>[1]): DrainPlan {
  const reading = readSnapshot([
    { file: 'world', document: { apiVersion: 'v1', kind: 'List', items: fleetObjects(world) } },
  ]);
  if (reading.kind === 'bad-input') throw new Error(JSON.stringify(reading.problems));
  const answer = planDrain(reading.fleet, request, reading.findings);
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  return answer.plan;
}

function fleetObjects(world: World): readonly unknown[] {
  const kinds = [
    'Node',
    'Pod',
    'PersistentVolume',
    'PersistentVolumeClaim',
    'PodDisruptionBudget',
    'StatefulSet',
    'ReplicaSet',
    'Deployment',
    'DaemonSet',
    'Endpoints',
    'ConfigMap',
  ];
  return kinds.flatMap((kind) => world.store.list(kind));
}

/** Resolves with the first journal entry that `wanted` likes, of those to come included; rejects after `limitMs`. */
export async function untilEntry(
  theatre: Theatre,
  run: string,
  wanted: (entry: JournalEntry) => boolean,
  limitMs: number,
): Promise<JournalEntry> {
  const deadline = AbortSignal.timeout(limitMs);
  for await (const entry of theatre.service.follow(run, 0, deadline)) if (wanted(entry)) return entry;
  throw new Error(
    `no such entry within ${limitMs} ms; the run is ${(await theatre.service.getRun(run))?.state}`,
  );
}

const ended: readonly Run['state'][] = ['finished', 'aborted', 'halted', 'rejected', 'expired'];

/** The run once it has ended; throws after `limitMs` with what it was waiting for. */
export async function untilEnded(theatre: Theatre, id: string, limitMs: number): Promise<Run> {
  const deadline = AbortSignal.timeout(limitMs);
  for await (const _entry of theatre.service.follow(id, 0, deadline)) {
    // Only the end of the journal matters here.
  }
  const run = await theatre.service.getRun(id);
  if (run && ended.includes(run.state)) return run;
  const open = Object.entries(run?.steps ?? {}).filter(
    ([, step]) => !['pending', 'done'].includes(step.state),
  );
  throw new Error(`run ${id} is ${run?.state} after ${limitMs} ms: ${JSON.stringify(open)}`);
}

/** What must be true of the world after the talk's example was carried out, however often somebody was killed. */
export function endState(theatre: Theatre): object {
  const { world } = theatre;
  const drained = theatre.plan.steps.flatMap((step) => (step.kind === 'release' ? [step.node] : []));
  const evicted = world.evictions.map((eviction) => eviction.uid);
  const others = world.store.list('Node').filter((node) => !drained.includes(node.metadata.name));
  return {
    switchovers: world.roleChanges.map(({ cluster, kind }) => `${cluster} ${kind}`).sort(),
    outages: world.outages.length,
    evictedTwice: evicted.filter((uid, index) => evicted.indexOf(uid) !== index),
    violations: world.violations,
    marksLeft: others.flatMap((node) => {
      const taints = (node.spec?.taints ?? []) as { key: string }[];
      const fenced = taints.some((taint) => taint.key.startsWith('switchyard.dev/'));
      return fenced || node.spec?.unschedulable === true ? [node.metadata.name] : [];
    }),
    podsOnOldNodes: world.store
      .list('Pod')
      .filter(
        (pod) =>
          drained.includes(pod.spec?.nodeName) && pod.metadata.ownerReferences?.[0]?.kind !== 'DaemonSet',
      )
      .map((pod) => pod.metadata.name),
  };
}

const nothingWrong = { outages: 0, evictedTwice: [], violations: [], marksLeft: [], podsOnOldNodes: [] };

export const cleanEnd = {
  switchovers: ['default/acid-a switchover', 'default/acid-b switchover', 'default/acid-c switchover'],
  ...nothingWrong,
};

/** What must be true once a plan without outages was carried out: each of its switchovers once, and no other. */
export function cleanEndOf({ plan }: Theatre): object {
  const switchovers = plan.steps.flatMap((step) =>
    step.kind === 'switchover' ? [`${step.cluster} switchover`] : [],
  );
  return { switchovers: switchovers.sort(), ...nothingWrong };
}
