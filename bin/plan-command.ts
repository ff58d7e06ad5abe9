import type { Command } from 'commander';
import { type DrainPlan, explainFinding, explainPlan, planDrain } from '../planner/index.ts';
import { badInput } from './bad-input.ts';
import { exitCodes } from './exit.ts';
import { liveFleetSettings, readLiveFleet } from './live-fleet.ts';
import { commandsAfterPlan } from './next-commands.ts';
import { addRequestOptions, type RequestOptions, refuseNodeName, requestOf } from './planning-options.ts';
import { readFleet } from './read-fleet.ts';
import { readInParts } from './read-input.ts';
import { exitCodesHelp, settingsHelp } from './settings-help.ts';

type PlanOptions = RequestOptions & {
  readonly snapshot?: readonly string[];
  readonly context?: string;
  readonly json?: true;
  readonly full?: true;
  readonly ascii?: true;
};

/** What else planning heeds, for the help of its commands. */
const planningEnvironment = settingsHelp([
  ...liveFleetSettings,
  [
    'SWITCHYARD_SCOPE_LABEL',
    '',
    "Patroni's kubernetes.scope_label, where members carry other labels than Spilo's",
  ],
  ['SWITCHYARD_ROLE_LABEL', '', 'kubernetes.role_label of the same'],
  ['SWITCHYARD_FLEET', '', 'the fleet that the next command names'],
]);

/** `switchyard plan`: a dump or the live fleet and a request in, a plan out. Exit code 3 when nothing could be planned. */
export function addPlanCommand(program: Command): void {
  const command = program
    .command('plan')
    .description('plan the drain of nodes; touches nothing')
    .option(
      '--snapshot <path...>',
      'kubectl dump: files, folders or - (default: the live fleet of --context)',
    );
  addRequestOptions(command)
    .option('--context <name>', 'kubeconfig context of the live fleet')
    .option('--json', 'print the DrainPlan as one JSON document')
    .option('--full', 'print every step')
    .option('--ascii', 'no signs beyond ASCII')
    .addHelpText('after', planningEnvironment)
    .addHelpText(
      'after',
      exitCodesHelp(
        '0 planned, perhaps without the nodes that the plan refuses',
        '1 the live fleet does not answer',
        '3 nothing could be planned',
      ),
    )
    .action(async (options: PlanOptions) => {
      const request = await requestOf(options);
      const { fleet, findings } = options.snapshot
        ? await readInParts(options.snapshot, readFleet)
        : readFleet(await readLiveFleet(options.context, '--snapshot FILE'));
      refuseNodeName(options.nodes, fleet);
      const answer = planDrain(fleet, request, findings);
      if (answer.kind === 'bad-input') throw badInput(answer.problems, options.request ?? 'options');
      const { plan } = answer;
      process.stdout.write(
        options.json
          ? `${JSON.stringify(plan, null, 2)}\n`
          : explainPlan(plan, { ...layoutOf(options), next: commandsAfterPlan(options) }),
      );
      sayIfBlind(plan);
      if (plan.steps.length === 0 && plan.refusals.length > 0) process.exitCode = exitCodes.nothingPlanned;
    });
}

/** A plan that knows of no pod looks like the best there is: it is said apart, where a JSON document hides it, too. */
function sayIfBlind({ findings }: DrainPlan): void {
  const blind = findings.find(({ code, subject }) => code === 'kind-missing' && subject === 'Pod');
  if (blind !== undefined)
    process.stderr.write(`switchyard: ${explainFinding(blind)}; this plan protects no database\n`);
}

/** Names are never cut; the width comes from the terminal, 80 when there is none. */
function layoutOf(options: { readonly full?: true; readonly ascii?: true }): {
  width: number;
  full: boolean;
  ascii: boolean;
} {
  const utf8 = /utf-?8/i.test(process.env.LC_ALL ?? process.env.LC_CTYPE ?? process.env.LANG ?? '');
  return {
    width: process.stdout.columns ?? 80,
    full: options.full === true,
    ascii: options.ascii === true || !utf8,
  };
}
