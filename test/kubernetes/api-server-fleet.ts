/**
 * A fleet on an API server that is not ours: nodes, kubelets, volumes, Patronis, the pipeline and whichever controllers do not run beside
 * the server are those of a simulated world that is kept in step with it.
 */
import { connectKubernetes, type KubernetesConnection } from '../../executor/kubernetes/index.ts';
import { usualLimits } from '../../executor/kubernetes/rate-limit.ts';
import type { KubernetesObject } from '../../executor/ports.ts';
import { type ServedWorld, serveWorld } from '../../simulations/http/serve-world.ts';
import { allControllers, createWorld } from '../../simulations/world/create-world.ts';
import type { World } from '../../simulations/world/world.ts';
import { type ApiClient, openApiClient } from './api-client.ts';
import { keepInStep, type Step } from './keep-in-step.ts';
import type { ApiServer } from './start-api-server.ts';

export const pipelineSecret = 'whsec_c2ltdWxhdGVkIHBpcGVsaW5lIHNlY3JldA==';

export type ApiServerFleet = {
  readonly world: World;
  /** Patroni and pipeline; its own Kubernetes API stays unused. */
  readonly served: ServedWorld;
  readonly kubernetes: KubernetesConnection;
  readonly client: ApiClient;
  /** Lets so much of the world's time go by, and gives the server what happens in it. */
  readonly pass: (ms: number) => Promise<void>;
  /** Lets time go by, `speed` times as fast as life, until the function that is returned is called; that throws what went wrong. */
  readonly play: (speed: number) => () => Promise<void>;
  /** Takes everything of it off the server and closes it. */
  readonly close: () => Promise<void>;
};

/** With others at work they need to see what happens while it happens, and some real time to act on it. */
const sliceMs = 20_000;
const othersTakeMs = 150;
const looksMax = 40;

/** Puts `objects` on the server and returns once they are there. */
export async function openApiServerFleet(
  server: ApiServer,
  objects: readonly KubernetesObject[],
  startMs?: number,
): Promise<ApiServerFleet> {
  const elsewhere: readonly string[] = [
    ...(server.runs.controllerManager ? ['budgets'] : []),
    ...(server.runs.scheduler ? ['scheduler'] : []),
  ];
  const controllers = allControllers.filter((each) => !elsewhere.includes(each));
  const world = createWorld({ objects, controllers, ...(startMs === undefined ? {} : { startMs }) });
  const served = await serveWorld(world, { speed: 0, pipelineSecret });
  const client = openApiClient(server.kubeconfig);
  const kubernetes = connectKubernetes({
    kubeconfig: server.kubeconfig,
    clock: { nowMs: () => world.nowMs() },
    limits: { ...usualLimits, perSecond: 1_000, burst: 1_000 },
  });
  const step = keepInStep(world, client);
  const settle = elsewhere.length === 0 ? () => step.give() : () => giveUntilQuiet(step);
  await settle();
  return {
    world,
    served,
    kubernetes,
    client,
    pass: async (ms) => {
      const slice = elsewhere.length === 0 ? ms : sliceMs;
      for (let left = ms; left > 0; left -= slice) {
        await step.take();
        world.advanceTo(world.nowMs() + Math.min(left, slice));
        await settle();
      }
    },
    play: (speed) => playOn(world, step, speed),
    close: async () => {
      await step.clear();
      await Promise.all([client.close(), kubernetes.close(), served.close()]);
    },
  };
}

const playPauseMs = 20;

function playOn(world: World, step: Step, speed: number): () => Promise<void> {
  let isPlaying = true;
  const [beginMs, beganAt] = [world.nowMs(), performance.now()];
  const played = (async () => {
    while (isPlaying) {
      await step.take();
      world.advanceTo(Math.max(world.nowMs(), beginMs + (performance.now() - beganAt) * speed));
      await step.give();
      await new Promise((resolve) => setTimeout(resolve, playPauseMs));
    }
  })();
  // Told when it is stopped.
  played.catch(() => undefined);
  return () => {
    isPlaying = false;
    return played;
  };
}

/** Gives, and takes what others make of it, until they make nothing of it any more. */
async function giveUntilQuiet(step: Step): Promise<void> {
  for (let look = 0; look < looksMax; look += 1) {
    await step.give();
    await new Promise((resolve) => setTimeout(resolve, othersTakeMs));
    if ((await step.take()) === 0) return;
  }
  throw new Error(`others are still at work after ${(looksMax * othersTakeMs) / 1000} s`);
}
