/** What is to be planned, as the commands `plan` and `simulate` are told it: their options, and the request behind them. */
import type { Command } from 'commander';
import type { DrainRequest, Fleet } from '../planner/index.ts';
import { badInput } from './bad-input.ts';
import { BadInput } from './exit.ts';
import { readDocument } from './read-input.ts';
import { wholeNumber } from './whole-number.ts';

export type RequestOptions = {
  readonly request?: string;
  readonly nodes?: string;
  readonly surge?: number;
};

/** Adds the options that make up the request. */
export function addRequestOptions(command: Command): Command {
  return command
    .option('--request <file>', 'DrainRequest in JSON or YAML')
    .option(
      '--nodes <selector>',
      'label selector of the nodes to be drained; instead of "nodes" of --request',
    )
    .option(
      '--surge <n>',
      'extra live nodes allowed per zone; instead of "surge.default" of --request',
      wholeNumber('--surge'),
    );
}

/** The request from --request, with --nodes and --surge laid over it; BadInput names what is wrong in which file. */
export async function requestOf(options: RequestOptions): Promise<DrainRequest> {
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
