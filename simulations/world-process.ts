/**
 * A simulated world as a process of its own, so that it outlives workers that are killed.
 *
 *     node simulations/world-process.ts --snapshot fleet.json [--speed 10] [--port 0] [--seed 1] [--pipeline-secret S]
 *
 * Prints one line of JSON with its addresses when it is ready and ends on SIGTERM or SIGINT.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { serveWorld } from './http/serve-world.ts';
import { createWorld, type World } from './world/world.ts';

const listSchema = z.object({ kind: z.literal('List'), items: z.array(z.looseObject({})) });

const numberSchema = z.coerce.number().nonnegative();

/** What the process says when it is ready. */
export type WorldProcessReady = {
  readonly kubernetesUrl: string;
  readonly patroniUrl: string;
  readonly pipelineUrl: string;
  readonly simulationUrl: string;
  readonly kubeconfig: string;
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      snapshot: { type: 'string' },
      speed: { type: 'string', default: '1' },
      port: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      'pipeline-secret': { type: 'string' },
    },
  });
  const secret = values['pipeline-secret'];
  const world = openWorld(values.snapshot, numberSchema.parse(values.seed));
  const served = await serveWorld(world, {
    speed: numberSchema.parse(values.speed),
    port: numberSchema.parse(values.port),
    ...(secret === undefined ? {} : { pipelineSecret: secret }),
  });
  const ready: WorldProcessReady = {
    kubernetesUrl: served.kubernetesUrl,
    patroniUrl: served.patroniUrl,
    pipelineUrl: served.pipelineUrl,
    simulationUrl: served.simulationUrl,
    kubeconfig: served.kubeconfig(),
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  const end = () => {
    served.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

function openWorld(snapshot: string | undefined, seed: number): World {
  if (snapshot === undefined) throw new Error('expected --snapshot FILE');
  const list = listSchema.parse(JSON.parse(readFileSync(snapshot, 'utf8')));
  return createWorld({ objects: list.items, seed });
}

main().catch((error: unknown) => {
  process.stderr.write(`world-process: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
});
