import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import type { RunAudit } from '../executor/record/audit-run.ts';
import { hasEnded } from '../executor/record/run-states.ts';
import type { Run, RunSummary } from '../executor/run.ts';
import type { DrainPlan } from '../planner/index.ts';
import { type ApiClient, apiClient } from './api-client.ts';
import { auditText } from './audit-text.ts';
import { badInput } from './bad-input.ts';
import { calledAs } from './called-as.ts';
import { BadInput, CommandFailed, exitCodes, NoContact } from './exit.ts';
import { fleetNowLines } from './fleet-now-text.ts';
import { readDocument } from './read-input.ts';
import { addReplayCommand } from './replay-command.ts';
import { planOf, runLines, runText } from './run-text.ts';
import { settingsHelp } from './settings-help.ts';
import { watchRun } from './watch-run.ts';
import { wholeNumber } from './whole-number.ts';

type Client = () => ApiClient;
type JsonOption = { readonly json?: true };
type StartOptions = JsonOption & { readonly fleet?: string; readonly approveEachWave?: true };
type VerbOptions = JsonOption & { readonly plan?: string; readonly wave?: number; readonly comment?: string };

/** `switchyard run ...`: start, look at and stop runs of the service at SWITCHYARD_URL. */
export function addRunCommand(program: Command): void {
  const codes = [
    'Exit codes: 0 done; 1 refused, or no answer, or its replay differs, or the run',
    'that status shows or watch follows has halted or ended unfinished (aborted,',
    'rejected, expired); 2 bad usage; 130 watch was left, the run goes on.',
  ].join('\n');
  const run = program
    .command('run')
    .description('runs of the service at SWITCHYARD_URL')
    .addHelpText(
      'after',
      [
        settingsHelp([
          ['SWITCHYARD_URL', 'http://127.0.0.1:8080', 'address of the service'],
          ['SWITCHYARD_TOKEN', '', 'token of the caller, where the service has SWITCHYARD_TOKENS'],
        ]),
        codes,
      ].join('\n'),
    );
  const client: Client = () => apiClient(process.env);
  addStart(run, client);
  addLooks(run, client);
  addVerbs(run, client);
  addReplayCommand(run, client);
  for (const verb of run.commands) verb.addHelpText('after', `\n${codes}`);
}

function addStart(run: Command, client: Client): void {
  run
    .command('start')
    .description('start a run of a plan: the whole id of a plan of the service, or a plan file with --fleet')
    .argument('<plan>')
    .option('--fleet <name>', 'fleet of the service to carry a plan file out on')
    .option('--approve-each-wave', 'wait before each wave until somebody else approves it')
    .option('--json', 'print the run as JSON')
    .action(async (plan: string, options: StartOptions) => {
      const planId = await planIdOf(client(), plan, options.fleet);
      const order = { planId, ...(options.approveEachWave ? { approvals: 'wave' } : {}) };
      const headers = { 'idempotency-key': crypto.randomUUID() };
      await print(client(), await client().post('/v1/runs', order, headers), options.json);
    });
}

function addLooks(run: Command, client: Client): void {
  run
    .command('list')
    .description('all runs, a line each')
    .option('--json', 'print JSON')
    .action(async (options: JsonOption) => {
      const { runs } = (await client().get('/v1/runs')) as { runs: readonly RunSummary[] };
      if (options.json) process.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
      else process.stdout.write(runs.length === 0 ? 'no runs yet\n' : runLines(runs));
    });
  run
    .command('status')
    .description('one run: how far it is, and what it waits for')
    .argument('<id>')
    .option('--json', 'print the run as JSON')
    .action(async (id: string, options: JsonOption) => {
      const run = (await client().get(`/v1/runs/${encodeURIComponent(id)}`)) as Run;
      const fleetNow = options.json ? [] : await fleetNowLines(client(), run);
      await print(client(), run, options.json, fleetNow);
      if (run.state === 'halted' || (hasEnded(run.state) && run.state !== 'finished'))
        process.exitCode = exitCodes.failed;
    });
  run
    .command('audit')
    .description('who decided what, and every act with its time, worker and answer')
    .argument('<id>')
    .option('--json', 'print JSON')
    .action(async (id: string, options: JsonOption) => {
      const audit = (await client().get(`/v1/runs/${encodeURIComponent(id)}/audit`)) as RunAudit;
      process.stdout.write(options.json ? `${JSON.stringify(audit, null, 2)}\n` : auditText(audit));
    });
  run
    .command('watch')
    .description('follow a run until it ends; Ctrl-C leaves, the run goes on')
    .argument('<id>')
    .action(async (id: string) => {
      process.exitCode = await watchRun(client(), id);
    });
}

function addVerbs(run: Command, client: Client): void {
  const add = (verb: string, description: string): Command =>
    run
      .command(verb)
      .description(description)
      .argument('<id>')
      .option('--json', 'print the run as JSON')
      .action(async (id: string, options: VerbOptions) => {
        if (verb === 'approve' && options.plan === undefined)
          throw new BadInput('run approve: no plan named; expected --plan ID, the plan that was read');
        const body = {
          ...(options.plan ? { planId: options.plan } : {}),
          ...(options.wave ? { wave: options.wave } : {}),
          ...(options.comment ? { comment: options.comment } : {}),
        };
        const path = `/v1/runs/${encodeURIComponent(id)}/${verb}`;
        await print(client(), await client().post(path, body), options.json);
      });
  add('pause', 'finish the acts in hand, begin no other');
  add('resume', 'go on after a pause or a halt');
  add('abort', 'finish the acts in hand, take our fences and cordons off, end the run');
  add('approve', 'let a run begin that somebody else asked for')
    .option('--plan <id>', 'the plan that was read')
    .option(
      '--wave <n>',
      'the wave that waits, in a run started with --approve-each-wave',
      wholeNumber('--wave', 100_000),
    )
    .option('--comment <text>', 'why');
  add('reject', 'end a run that waits for approval').option('--comment <text>', 'why');
}

async function planIdOf(client: ApiClient, plan: string, fleet: string | undefined): Promise<string> {
  if (existsSync(plan)) return planOnFleet(client, plan, fleet);
  if (/[./]/.test(plan))
    throw new BadInput(`run start: ${plan}: no such file; expected a plan id or a plan file`);
  if (/^[0-9a-f]{6,63}$/.test(plan))
    throw new BadInput(
      `run start: ${plan} is only the beginning of a plan id; expected all 64 digits ("id" of the plan), or a plan file`,
    );
  return plan;
}

/** What was read is what runs: the service plans anew on the live fleet, and only the very same steps are accepted. */
async function planOnFleet(client: ApiClient, path: string, fleet: string | undefined): Promise<string> {
  if (fleet === undefined) throw new BadInput(`run start: ${path} is a plan file; expected --fleet NAME`);
  const { file, document } = await readDocument(path, 'a DrainPlan');
  // Loaded only here: other commands do without what checks it.
  const { parseDrainPlan } = await import('../executor/formats/drain-plan.ts');
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

async function print(
  client: ApiClient,
  answer: unknown,
  json: true | undefined,
  fleetNow: readonly string[] = [],
): Promise<void> {
  const run = answer as Run;
  process.stdout.write(json ? `${JSON.stringify(run, null, 2)}\n` : await textOf(client, run, fleetNow));
}

/** What was asked for is done by now: that contact is lost right after it is no failure of it. */
async function textOf(client: ApiClient, run: Run, fleetNow: readonly string[]): Promise<string> {
  try {
    return runText(run, await planOf(client, run), Date.now(), fleetNow);
  } catch (error) {
    if (!(error instanceof NoContact)) throw error;
    return `run ${run.id}  ${run.fleet}  ${run.state.toUpperCase()}; contact was lost after that, ${calledAs()} run status ${run.id} shows more\n`;
  }
}
