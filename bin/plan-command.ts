import type { Command } from 'commander';
import { readOwnLabels } from '../executor/own-labels.ts';
import {
  type DrainRequest,
  explainPlan,
  type Finding,
  type Fleet,
  planDrain,
  readSnapshot,
} from '../planner/index.ts';
import { type OwnLabels, presetsWith } from '../planner/read/member-presets.ts';
import { badInput } from './bad-input.ts';
import { BadInput, exitCodes } from './exit.ts';
import { readLiveFleet } from './live-fleet.ts';
import { commandsAfterPlan } from './next-commands.ts';
import { readDocument, readInParts } from './read-input.ts';
import { settingsHelp } from './settings-help.ts';
import type { Source } from './source.ts';

type PlanOptions = {
  readonly snapshot?: readonly string[];
  readonly request?: string;
  readonly nodes?: string;
  readonly surge?: number;
  readonly context?: string;
  readonly json?: true;
  readonly full?: true;
  readonly ascii?: true;
};

/** What else planning heeds, for the help of its commands. */
const planningEnvironment = settingsHelp([
  ['KUBECONFIG', '~/.kube/config', 'kubeconfig of the live fleet, where no --snapshot is given'],
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
  program
    .command('plan')
    .description('plan the drain of nodes; touches nothing')
    .option(
      '--snapshot <path...>',
      'kubectl dump: files, folders or - (default: the live fleet of --context)',
    )
    .option('--request <file>', 'DrainRequest in JSON or YAML')
    .option(
      '--nodes <selector>',
      'label selector of the nodes to be drained; instead of "nodes" of --request',
    )
    .option(
      '--surge <n>',
      'extra live nodes allowed per zone; instead of "surge.default" of --request',
      wholeNumber('--surge'),
    )
    .option('--context <name>', 'kubeconfig context of the live fleet')
    .option('--json', 'print the DrainPlan as one JSON document')
    .option('--full', 'print every step')
    .option('--ascii', 'no signs beyond ASCII')
    .addHelpText('after', planningEnvironment)
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
      if (plan.steps.length === 0 && plan.refusals.length > 0) process.exitCode = exitCodes.nothingPlanned;
    });
}

/** The fleet behind the sources, or BadInput with the problems found, a line each. */
export function readFleet(sources: Iterable<Source>): {
  readonly fleet: Fleet;
  readonly findings: readonly Finding[];
} {
  const reading = readSnapshot(sources, presetsWith(ownLabels()));
  if (reading.kind === 'bad-input') throw badInput(reading.problems);
  return reading;
}

/** Labels of members that no default preset describes, out of the environment; BadInput where only half of them is there. */
export function ownLabels(): OwnLabels | undefined {
  const read = readOwnLabels(process.env);
  if (read.kind === 'wrong') throw new BadInput(read.problem);
  return read.own;
}

/** The request from --request, with --nodes and --surge laid over it; BadInput names what is wrong in which file. */
export async function requestOf(options: {
  readonly request?: string;
  readonly nodes?: string;
  readonly surge?: number;
}): Promise<DrainRequest> {
  if (options.request === undefined && options.nodes === undefined)
    throw new BadInput('no nodes named; expected --request FILE or --nodes SELECTOR');
  const request = options.request === undefined ? emptyRequest : await readRequest(options.request);
  return {
    ...request,
    ...(options.nodes === undefined ? {} : { nodes: { selector: options.nodes } }),
    ...(options.surge === undefined ? {} : { surge: { ...request.surge, default: options.surge } }),
  };
}

const emptyRequest: DrainRequest = { apiVersion: 'switchyard.dev/v1', kind: 'DrainRequest', nodes: {} };

async function readRequest(path: string): Promise<DrainRequest> {
  const { file, document } = await readDocument(path, 'a DrainRequest');
  // Loaded only here, as what checks it takes a tenth of a second to load.
  const { parseDrainRequest } = await import('../executor/formats/drain-request.ts');
  const parsed = parseDrainRequest(document, file);
  if (parsed.kind === 'bad-input') throw badInput(parsed.problems);
  return parsed.request;
}

/** A name given as a selector would be told to match nothing; what to do with a name is what the caller wants to know. */
export function refuseNodeName(selector: string | undefined, fleet: Fleet): void {
  if (!fleet.nodes.some((node) => node.name === selector)) return;
  throw new BadInput(
    `--nodes: ${JSON.stringify(selector)} is the name of a node; expected a label selector, e.g. kubernetes.io/hostname=${selector} (names go into a --request: {"nodes": {"names": [...]}})`,
  );
}

/** Names are never cut; the width comes from the terminal, 80 when there is none. */
export function layoutOf(options: { readonly full?: true; readonly ascii?: true }): {
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

/** A commander argument parser for whole numbers from `least` to `most`. */
export function wholeNumber(option: string, most = 999_999, least = 0): (text: string) => number {
  return (text) => {
    if (!/^\d{1,9}$/.test(text) || Number(text) > most || Number(text) < least)
      throw new BadInput(
        `${option}: ${JSON.stringify(text)}; expected a whole number from ${least} to ${most}`,
      );
    return Number(text);
  };
}
