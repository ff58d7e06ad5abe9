import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { parseDrainPlan } from '../executor/formats/drain-plan.ts';
import type { Run } from '../executor/run.ts';
import type { DrainPlan } from '../planner/index.ts';
import { type ApiClient, apiClient } from './api-client.ts';
import { badInput } from './bad-input.ts';
import { BadInput, CommandFailed, exitCodes } from './exit.ts';
import { readDocument } from './read-input.ts';
import { runLine, runText } from './run-text.ts';
import { watchRun } from './watch-run.ts';

/** `switchyard run ...`: start, look at and stop runs of the service at SWITCHYARD_URL. */
export function addRunCommand(program: Command): void {
  const run = program.command('run').description('runs of the service at SWITCHYARD_URL');
  const client = (): ApiClient => apiClient(process.env);

  run
    .command('start')
    .description('start a run of a plan: the id of a plan of the service, or a plan file with --fleet')
    .argument('<plan>')
    .option('--fleet <name>', 'fleet of the service to carry a plan file out on')
    .option('--json', 'print the run as JSON')
    .action(async (plan: string, options: { readonly fleet?: string; readonly json?: true }) => {
      const planId = existsSync(plan) ? await planOnFleet(client(), plan, options.fleet) : plan;
      print(
        (await client().post('/v1/runs', { planId }, { 'idempotency-key': crypto.randomUUID() })) as Run,
        options.json,
      );
    });
  run
    .command('list')
    .option('--json', 'print JSON')
    .action(async (options: { readonly json?: true }) => {
      const { runs } = (await client().get('/v1/runs')) as { runs: readonly Run[] };
      if (options.json) process.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
      else process.stdout.write(runs.length === 0 ? 'no runs yet\n' : `${runs.map(runLine).join('\n')}\n`);
    });
  run
    .command('status')
    .argument('<id>')
    .option('--json', 'print the run as JSON')
    .action(async (id: string, options: { readonly json?: true }) => {
      print((await client().get(`/v1/runs/${encodeURIComponent(id)}`)) as Run, options.json);
    });
  run
    .command('watch')
    .description('follow a run until it ends; Ctrl-C leaves, the run goes on')
    .argument('<id>')
    .action(async (id: string) => {
      process.exitCode = await watchRun(client(), id);
    });
  for (const verb of ['pause', 'resume', 'abort', 'approve', 'reject'] as const) addVerb(run, verb, client);
}

function addVerb(
  run: Command,
  verb: 'pause' | 'resume' | 'abort' | 'approve' | 'reject',
  client: () => ApiClient,
): void {
  run
    .command(verb)
    .argument('<id>')
    .option('--plan <id>', 'approve: the plan that was read')
    .option('--comment <text>', 'approve, reject: why')
    .option('--json', 'print the run as JSON')
    .action(
      async (
        id: string,
        options: { readonly plan?: string; readonly comment?: string; readonly json?: true },
      ) => {
        if (verb === 'approve' && options.plan === undefined)
          throw new BadInput('run approve: no plan named; expected --plan ID, the plan that was read');
        const body = {
          ...(options.plan ? { planId: options.plan } : {}),
          ...(options.comment ? { comment: options.comment } : {}),
        };
        print((await client().post(`/v1/runs/${encodeURIComponent(id)}/${verb}`, body)) as Run, options.json);
      },
    );
}

/** What was read is what runs: the service plans anew on the live fleet, and only the very same steps are accepted. */
async function planOnFleet(client: ApiClient, path: string, fleet: string | undefined): Promise<string> {
  if (fleet === undefined) throw new BadInput(`run start: ${path} is a plan file; expected --fleet NAME`);
  const { file, document } = readDocument(path);
  const parsed = parseDrainPlan(document, file);
  if (parsed.kind === 'bad-input') throw badInput(parsed.problems);
  const made = (await client.post('/v1/plans', { fleet, request: parsed.plan.request })) as DrainPlan;
  if (
    isDeepStrictEqual(made.steps, parsed.plan.steps) &&
    isDeepStrictEqual(made.refusals, parsed.plan.refusals)
  )
    return made.id;
  throw new CommandFailed(
    `${path}: the fleet has changed since this plan was made, and its steps are no longer the best; nothing was started. Read the plan made now: plan ${made.id}`,
  );
}

function print(run: Run, json: true | undefined): void {
  process.stdout.write(json ? `${JSON.stringify(run, null, 2)}\n` : runText(run));
  if (run.state === 'halted') process.exitCode = exitCodes.failed;
}
