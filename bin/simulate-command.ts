import type { Command } from 'commander';
import { planDrain } from '../planner/index.ts';
import { badInput } from './bad-input.ts';
import { BadInput, exitCodes } from './exit.ts';
import { ownLabels, readFleet, refuseNodeName, requestOf, wholeNumber } from './plan-command.ts';
import { readSources } from './read-input.ts';
import { refuseUnwritable, writeText } from './write-output.ts';

type SimulateOptions = {
  readonly snapshot: readonly string[];
  readonly request?: string;
  readonly nodes?: string;
  readonly surge?: number;
  readonly strategies: string;
  readonly runs: number;
  readonly seed: number;
  readonly html?: string;
  readonly json?: true;
};

/** `switchyard simulate`: the plan and other ways of doing it, side by side on a fleet that is not there. Exit code 1 when the plan does not finish. */
export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description('rehearse: strategies side by side on a simulated copy of a dump, in virtual time')
    .requiredOption('--snapshot <path...>', 'kubectl dump: files, folders or -')
    .option('--request <file>', 'DrainRequest in JSON or YAML')
    .option('--nodes <selector>', 'label selector of the nodes to be drained')
    .option('--surge <n>', 'extra live nodes allowed per zone', wholeNumber('--surge'))
    .option('--strategies <list>', 'planned, naive, kubectl-drain', 'planned,naive')
    .option('--runs <n>', 'rehearsals of each, one seed after the other', wholeNumber('--runs'), 1)
    .option('--seed <s>', 'first seed', wholeNumber('--seed'), 1)
    .option('--html <file>', 'also write the report as a page')
    .option('--json', 'print one JSON document')
    .action(simulateCommand);
}

async function simulateCommand(options: SimulateOptions): Promise<void> {
  const { simulate, strategyNames } = await import('../simulations/simulate.ts');
  const { rehearsalReport, rehearsalText, rehearsalPage } = await import(
    '../simulations/rehearsal-report.ts'
  );
  const strategies = options.strategies.split(',').map((name) => {
    const known = strategyNames.find((each) => each === name.trim());
    if (known === undefined)
      throw new BadInput(
        `--strategies: ${JSON.stringify(name)}; expected some of ${strategyNames.join(', ')}`,
      );
    return known;
  });
  if (options.runs < 1) throw new BadInput('--runs: 0; expected a whole number, 1 or more');
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
    strategies,
    runs: options.runs,
    seed: options.seed,
    ownLabels: ownLabels(),
  });
  const report = rehearsalReport(answer.plan, results, options.seed);
  if (options.html !== undefined) writeText('--html', options.html, rehearsalPage(report));
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : rehearsalText(report));
  const failed = results.some((result) => result.strategy === 'planned' && !result.finished);
  if (answer.plan.steps.length === 0 && answer.plan.refusals.length > 0)
    process.exitCode = exitCodes.nothingPlanned;
  else if (failed) process.exitCode = exitCodes.failed;
}
