import type { Command } from 'commander';
import { VERSION } from '../api/version.ts';
import { planDrain } from '../planner/index.ts';
import type { RehearsalReport } from '../simulations/rehearsal-report.ts';
import { badInput } from './bad-input.ts';
import { BadInput, exitCodes } from './exit.ts';
import { ourCommand, planningWords } from './next-commands.ts';
import { addRequestOptions, type RequestOptions, refuseNodeName, requestOf } from './planning-options.ts';
import { ownLabels, readFleet } from './read-fleet.ts';
import { readSources } from './read-input.ts';
import { exitCodesHelp } from './settings-help.ts';
import { wholeNumber } from './whole-number.ts';
import { refuseUnwritable, writeText } from './write-output.ts';

type SimulateOptions = RequestOptions & {
  readonly snapshot: readonly string[];
  readonly strategies: string;
  readonly runs: number;
  readonly seed: number;
  readonly html?: string;
  readonly json?: true;
};

/** `switchyard simulate`: the plan and other ways of doing it, side by side on a fleet that is not there. Exit code 1 when the plan does not finish. */
export function addSimulateCommand(program: Command): void {
  const command = program
    .command('simulate')
    .description('rehearse: strategies side by side on a simulated copy of a dump, in virtual time')
    .requiredOption('--snapshot <path...>', 'kubectl dump: files, folders or -');
  addRequestOptions(command)
    .option('--strategies <list>', 'planned, naive, kubectl-drain', 'planned,naive')
    .option(
      '--runs <n>',
      'rehearsals of each, one seed after the other',
      wholeNumber('--runs', 999_999, 1),
      1,
    )
    .option('--seed <s>', 'first seed', wholeNumber('--seed'), 1)
    .option('--html <file>', 'also write the report as a page')
    .option('--json', 'print one JSON document')
    .addHelpText('after', exitCodesHelp('0 done', '1 the plan does not finish', '3 nothing could be planned'))
    .action(simulateCommand);
}

async function simulateCommand(options: SimulateOptions): Promise<void> {
  const { simulate, strategyNames } = await import('../simulations/simulate.ts');
  const { nodesPlanned, rehearsalReport, rehearsalText } = await import('../simulations/rehearsal-report.ts');
  const strategies = options.strategies.split(',').map((name) => {
    const known = strategyNames.find((each) => each === name.trim());
    if (known === undefined)
      throw new BadInput(
        `--strategies: ${JSON.stringify(name)}; expected some of ${strategyNames.join(', ')}`,
      );
    return known;
  });
  if (options.html !== undefined) refuseUnwritable('--html', options.html);
  const request = await requestOf(options);
  const sources = await readSources(options.snapshot);
  const { fleet, findings } = readFleet(sources);
  refuseNodeName(options.nodes, fleet);
  const answer = planDrain(fleet, request, findings);
  if (answer.kind === 'bad-input') throw badInput(answer.problems, options.request ?? 'options');
  const objects = sources.map((source) => source.document);
  const results = await simulate({
    objects,
    request,
    nodes: nodesPlanned(answer.plan),
    strategies,
    runs: options.runs,
    seed: options.seed,
    ownLabels: ownLabels(),
  });
  const report = rehearsalReport(answer.plan, results, options.seed);
  if (options.html !== undefined) await writePage(options.html, report, options);
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : rehearsalText(report));
  const failed = results.some((result) => result.strategy === 'planned' && !result.finished);
  if (answer.plan.steps.length === 0 && answer.plan.refusals.length > 0)
    process.exitCode = exitCodes.nothingPlanned;
  else if (failed) process.exitCode = exitCodes.failed;
}

async function writePage(file: string, report: RehearsalReport, options: SimulateOptions): Promise<void> {
  const { rehearsalPage } = await import('../simulations/rehearsal-page.ts');
  const origin = {
    dump: options.snapshot.join(', '),
    writtenAt: new Date().toISOString(),
    version: VERSION,
    command: repeating(options),
  };
  writeText('--html', file, rehearsalPage(report, origin));
  process.stderr.write(`${file} is written\n`);
}

function repeating(options: SimulateOptions): string {
  const { strategies, runs, seed } = options;
  const played = ['--strategies', strategies, '--runs', `${runs}`, '--seed', `${seed}`];
  return ourCommand('simulate', ...planningWords(options), ...played);
}
