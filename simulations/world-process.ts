/**
 * A simulated world as a process of its own, so that it outlives workers that are killed.
 *
 *     node simulations/world-process.ts --snapshot fleet.json [--speed 10] [--port 0] [--seed 1] [--pipeline-secret S]
 *     node simulations/world-process.ts --scenario three-zones
 *
 * Prints one line of JSON with its addresses when it is ready and ends on SIGTERM or SIGINT.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { serveWorld } from './http/serve-world.ts';
import { findScenario } from './scenarios/scenarios.ts';
import { createWorld } from './world/create-world.ts';
import type { World } from './world/world.ts';

const listSchema = z.object({ kind: z.literal('List'), items: z.array(z.looseObject({})) });

/** The number given for an option; throws one sentence that names it. */
function readNumber(option: string, text: string): number {
  const number = Number(text);
  if (text !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new Error(`--${option}: expected a number of 0 or more, got "${text}"`);
}

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
      scenario: { type: 'string' },
      speed: { type: 'string', default: '1' },
      port: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      'pipeline-secret': { type: 'string' },
    },
  });
  const secret = values['pipeline-secret'];
  const world = openWorld(values, readNumber('seed', values.seed));
  const served = await serveWorld(world, {
    speed: readNumber('speed', values.speed),
    port: readNumber('port', values.port),
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

function openWorld(
  source: { readonly snapshot?: string | undefined; readonly scenario?: string | undefined },
  seed: number,
): World {
  if (source.snapshot !== undefined) return createWorld({ objects: readSnapshot(source.snapshot), seed });
  if (source.scenario === undefined) throw new Error('expected --snapshot FILE or --scenario NAME');
  const scenario = findScenario(source.scenario);
  if (scenario === undefined) throw new Error(`--scenario: there is none called "${source.scenario}"`);
  return createWorld({ objects: scenario.objects, seed });
}

function readSnapshot(file: string): readonly unknown[] {
  const list = listSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!list.success) throw new Error(`${file}: expected a List as kubectl prints it in JSON`);
  return list.data.items;
}

main().catch((error: unknown) => {
  process.stderr.write(`world-process: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
});
