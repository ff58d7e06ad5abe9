/**
 * The main job from end to end, for every fleet behind an API server: the talk's three zones are read, planned, and replaced by a worker,
 * with nothing but a kubeconfig and the address of the pipeline.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readWorkerConfig } from '../../executor/config.ts';
import { connectKubernetes } from '../../executor/kubernetes/index.ts';
import type { KubernetesObject, NodeView, PodView } from '../../executor/ports.ts';
import type { Run } from '../../executor/run.ts';
import { startWorker } from '../../executor/worker.ts';
import { type DrainPlan, planDrain, readSnapshot } from '../../planner/index.ts';
import { threeZones, threeZonesRequest } from '../../simulations/scenarios/three-zones.ts';
import type { World } from '../../simulations/world/world.ts';
import { startTestRedis } from '../executor/redis/redis-for-tests.ts';

/** A fleet whose time goes by itself, `playSpeed` times as fast as life. */
export type PlayedFleet = {
  readonly kubeconfig: string;
  readonly pipelineUrl: string;
  readonly pipelineSecret: string;
  /** Where its Patronis are, and what must not happen is noted. */
  readonly world: World;
  readonly close: () => Promise<void>;
};

export const playSpeed = 25;

const runLimitMs = 150_000;
const ended: readonly Run['state'][] = ['finished', 'aborted', 'halted', 'rejected', 'expired'];

/** Registers the suite for one API server; `open` puts the objects on it and lets their time go by. */
export function describeThreeZones(
  face: string,
  open: (objects: readonly KubernetesObject[]) => Promise<PlayedFleet>,
): void {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  describe(`the three zones on ${face}`, { timeout: 240_000 }, () => {
    it('are replaced with as many role changes as planned, and nothing of the run is left', async () => {
      const fleet = await open(threeZones());
      closing.push(fleet.close);
      const kubernetes = connectKubernetes({ kubeconfig: fleet.kubeconfig });
      closing.push(kubernetes.close);
      const plan = planOf(await kubernetes.listFleetObjects());
      expect(plan.summary.switchovers).toBe(3);

      const run = await carriedOut(fleet, plan, closing);
      expect({ state: run.state, unplanned: run.counts.unplanned }).toEqual({
        state: 'finished',
        unplanned: 0,
      });
      const { roleChanges, outages, violations } = fleet.world;
      expect(roleChanges.map(({ cluster, kind }) => `${cluster} ${kind}`).sort()).toEqual(
        ['a', 'b', 'c'].map((name) => `default/acid-${name} switchover`),
      );
      expect({ outages, violations }).toEqual({ outages: [], violations: [] });

      // The pipeline takes the old ones away in its own time.
      await expect
        .poll(async () => (await kubernetes.listNodes()).map(shownNode).sort(), { timeout: 60_000 })
        .toEqual(['z1 ready', 'z2 ready', 'z3 ready']);
      const pods = await kubernetes.listPods({});
      expect(pods.filter((pod) => !isWell(pod)).map(({ name }) => name)).toEqual([]);
      expect(pods.filter(({ ownerKind }) => ownerKind === 'StatefulSet')).toHaveLength(9);
      expect(await kubernetes.holdLease({ holder: 'the next', durationSeconds: 5 })).toEqual({
        kind: 'held',
      });
    });
  });
}

function planOf(items: readonly KubernetesObject[]): DrainPlan {
  const reading = readSnapshot([{ file: 'live', document: { apiVersion: 'v1', kind: 'List', items } }]);
  if (reading.kind === 'bad-input') throw new Error(JSON.stringify(reading.problems));
  const answer = planDrain(reading.fleet, threeZonesRequest, reading.findings);
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  return answer.plan;
}

/** The run of the plan when it has ended, by a real worker on a Redis of its own. */
async function carriedOut(fleet: PlayedFleet, plan: DrainPlan, closing: (() => unknown)[]): Promise<Run> {
  const redis = await startTestRedis();
  closing.push(redis.stop);
  const folder = mkdtempSync(join(tmpdir(), 'sy-'));
  closing.push(() => rmSync(folder, { recursive: true }));
  const kubeconfigFile = join(folder, 'kubeconfig');
  writeFileSync(kubeconfigFile, fleet.kubeconfig, { mode: 0o600 });
  const worker = await startWorker(
    readWorkerConfig({
      REDIS_URL: redis.server.url,
      SWITCHYARD_FLEET: 'three-zones',
      SWITCHYARD_KUBECONFIG: kubeconfigFile,
      SWITCHYARD_PIPELINE_URL: fleet.pipelineUrl,
      SWITCHYARD_PIPELINE_SECRET: fleet.pipelineSecret,
      SWITCHYARD_WORKER_NAME: 'w1',
      SWITCHYARD_PACE: String(playSpeed),
    }),
  );
  closing.push(worker.close);
  const service = redis.service();
  const madeAt = new Date().toISOString();
  await service.savePlan({ plan, fleet: 'three-zones', requester: 'test', madeAt });
  const begun = await service.startRun({ planId: plan.id, requester: 'test', needsApproval: false });
  if ('kind' in begun) throw new Error(begun.message);
  const deadline = performance.now() + runLimitMs;
  for (;;) {
    const run = await service.getRun(begun.id);
    if (run !== undefined && ended.includes(run.state)) return run;
    if (performance.now() > deadline)
      throw new Error(`the run goes on: ${JSON.stringify(run?.steps).slice(0, 1_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function shownNode(node: NodeView): string {
  const { zone, ready, unschedulable, fencedBy, cordonedBy, releasedBy } = node;
  const isMarked = [fencedBy, cordonedBy, releasedBy].some((mark) => mark !== undefined);
  return [zone, ready ? 'ready' : 'not-ready', ...(unschedulable || isMarked ? ['marked'] : [])].join(' ');
}

function isWell({ ready, terminating, node }: PodView): boolean {
  return ready && !terminating && node !== undefined;
}
