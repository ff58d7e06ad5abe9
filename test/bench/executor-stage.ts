/** A simulated fleet behind HTTP in this process, a plan and a started run for it, and a worker of its own: what the executor is measured on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RateLimits } from '../../executor/kubernetes/rate-limit.ts';
import { openRedis } from '../../executor/redis/connection.ts';
import { createRunService } from '../../executor/redis/run-store.ts';
import type { Run } from '../../executor/run.ts';
import type { RunService } from '../../executor/run-service.ts';
import type { DrainPlan, DrainRequest } from '../../planner/index.ts';
import { generateFleet } from '../../simulations/generate-fleet.ts';
import { type ServedWorld, serveWorld } from '../../simulations/http/serve-world.ts';
import { planOn } from '../../simulations/strategies/planned.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import type { Durations } from '../../simulations/world/durations.ts';
import type { World } from '../../simulations/world/world.ts';

export type Memory = { readonly peakMB: number | undefined; readonly steadyMB: number | undefined };

/** Nothing takes time but calls; Patroni's loop and the timeouts of dead nodes stay. */
const noWaits: Partial<Durations> = {
  nodeBootSeconds: 0,
  nodeRemovalSeconds: 0,
  controllerMs: 0,
  schedulerMs: 0,
  budgetStatusMs: 0,
  taintFollowsMs: 0,
  volumeDetachSeconds: 0,
  volumeAttachSeconds: 0,
  containerStartSeconds: 0,
  memberReadySeconds: 0,
  memberStreamsAfterReadySeconds: 0,
  catchUpBytesPerSecond: 1e12,
  podReadySeconds: 0,
  podStopSeconds: 0,
  memberStopSeconds: 0,
  promoteSeconds: 0,
  switchoverAnswerSeconds: 0,
  demotedReadySeconds: 0,
  demotedLabelSeconds: 0,
};

type KubernetesObject = {
  readonly kind?: unknown;
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
};

export type Place = {
  /** Undefined: time passes as in life. 0: it stands still, for a world too large to live beside its worker. */
  readonly speed?: number;
  readonly fleet: string;
  readonly redisUrl: string;
  readonly limits: RateLimits;
};

export type Stage = {
  readonly world: World;
  readonly served: ServedWorld;
  readonly service: RunService;
  readonly plan: DrainPlan;
  readonly run: Run;
  readonly worker: ChildProcess;
};

/**
 * A fleet that is meant to leave nothing but the calls to take time: nodes that come are larger than those that go, so that every pod finds
 * room wherever the scheduler puts it, all new nodes may come at once, switchovers are not held back, and no cluster is synchronous: there
 * Patroni chooses who may take over, and another choice than the plan's is waited for. The members of a cluster still go one after another,
 * a few seconds each (Patroni's own loop).
 */
export function eagerWorld(nodes: number): { readonly world: World; readonly request: DrainRequest } {
  const { list, request } = generateFleet({ seed: 1, nodes });
  const world = createWorld({
    objects: objectsOf(list.items).map(withoutSyncMode),
    startMs: Date.now(),
    durations: noWaits,
    newNodeSize: () => ({ cpu: '192', memory: '768Gi', pods: '500' }),
    heartbeats: false,
  });
  const eager = { surge: { default: Math.ceil(nodes / 3) }, limits: { parallelSwitchovers: 100 } };
  return { world, request: { ...request, ...eager } };
}

/** The sets of a generated fleet have no templates; those that are missing the world works out from their pods. */
export function objectsOf(items: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return items.filter((item) => item.kind !== 'StatefulSet');
}

/** Patroni keeps its configuration as JSON in an annotation. https://patroni.readthedocs.io/en/latest/kubernetes.html */
export function withoutSyncMode(object: KubernetesObject): KubernetesObject {
  const { metadata } = object;
  const config = metadata?.annotations?.config;
  if (config === undefined) return object;
  const { synchronous_mode: _, ...rest } = JSON.parse(config) as Record<string, unknown>;
  const annotations = { ...metadata?.annotations, config: JSON.stringify(rest) };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** A fleet, a plan, a started run and its worker for one measurement. */
export async function onStage<Measured>(
  place: Place,
  world: World,
  request: DrainRequest,
  measure: (stage: Stage) => Promise<Measured>,
): Promise<Measured> {
  const { fleet, redisUrl } = place;
  const planned = await planOn(world, request);
  if (planned.kind !== 'plan') throw new Error(`bench ${fleet}: ${planned.because}`);
  const { plan } = planned;
  const connection = openRedis(redisUrl);
  const service = createRunService(connection, { prefix: `bench-${fleet}` });
  await service.savePlan({ plan, fleet, requester: 'bench', madeAt: new Date().toISOString() });
  const run = await service.startRun({ planId: plan.id, requester: 'bench', needsApproval: false });
  if ('kind' in run) throw new Error(`bench ${fleet}: ${run.message}`);
  const served = await serveWorld(world, { speed: place.speed ?? 1 });
  const worker = startWorker(place, served);
  try {
    return await measure({ world, served, service, plan, run, worker });
  } finally {
    worker.kill('SIGKILL');
    service.close();
    connection.disconnect();
    await served.close();
  }
}

function startWorker({ fleet, redisUrl, limits }: Place, served: ServedWorld): ChildProcess {
  const switchyard = fileURLToPath(new URL('../../bin/switchyard', import.meta.url));
  return spawn(switchyard, ['worker'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      REDIS_URL: redisUrl,
      SWITCHYARD_PREFIX: `bench-${fleet}`,
      SWITCHYARD_FLEET: fleet,
      SWITCHYARD_KUBERNETES_URL: served.kubernetesUrl,
      SWITCHYARD_PIPELINE_URL: served.pipelineUrl,
      SWITCHYARD_KUBERNETES_QPS: String(limits.perSecond),
      SWITCHYARD_KUBERNETES_BURST: String(limits.burst),
    },
  });
}

/** Of a live process, as Linux has it: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
export function memoryOf({ pid }: ChildProcess): Memory {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (field: string) => {
      const found = new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1];
      return found === undefined ? undefined : Math.round((Number(found) * 1_024) / 1e6);
    };
    return { peakMB: megabytes('VmHWM'), steadyMB: megabytes('VmRSS') };
  } catch {
    return { peakMB: undefined, steadyMB: undefined };
  }
}

/** Processor seconds that a live process has used so far, on Linux: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
export function cpuSecondsOf({ pid }: ChildProcess): number {
  const ticksPerSecond = 100;
  try {
    // The name of the process stands in brackets before the other fields.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}
