import { calledAs } from './called-as.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The options of `plan` and `simulate` that say what is planned. */
export type PlanningOptions = {
  readonly snapshot?: readonly string[];
  readonly context?: string;
  readonly request?: string;
  readonly nodes?: string;
  readonly surge?: number;
};

/** What comes after a plan that was printed: none was written to a file, so that the first command writes it, from the same files. */
export function commandsAfterPlan(
  options: PlanningOptions,
  fleet = process.env.SWITCHYARD_FLEET,
): readonly string[] {
  const snapshot = words('--snapshot', ...(options.snapshot ?? []));
  return [
    `${ourCommand('plan', ...planningWords(options), '--json')} > plan.json`,
    // Without one it was the live fleet, which the run itself checks against.
    ...(options.snapshot === undefined ? [] : [ourCommand('check', 'plan.json', ...snapshot)]),
    ourCommand('run', 'start', 'plan.json', '--fleet', fleet || 'NAME'),
  ];
}

/** The words of a command line that plan the same again. */
export function planningWords({
  snapshot,
  context,
  request,
  nodes,
  surge,
}: PlanningOptions): readonly string[] {
  return [
    ...words('--snapshot', ...(snapshot ?? [])),
    ...words('--context', context),
    ...words('--request', request),
    ...words('--nodes', nodes),
    ...words('--surge', surge?.toString()),
  ];
}

function words(option: string, ...values: readonly (string | undefined)[]): readonly string[] {
  const given = values.filter((value) => value !== undefined);
  return given.length === 0 ? [] : [option, ...given];
}

/** A command line of ours, as it can be pasted where this one was typed. */
export function ourCommand(...parts: readonly string[]): string {
  return `${calledAs()} ${commandLine(parts)}`;
}

/** A command line that prints a plan of the service as text. The shell puts the token in: it belongs on no screen. */
export function commandThatReads(
  planId: string,
  { SWITCHYARD_URL: url = 'http://127.0.0.1:8080', SWITCHYARD_TOKEN: token }: Environment = process.env,
): string {
  const caller = token ? '-H "authorization: Bearer $SWITCHYARD_TOKEN" ' : '';
  return `curl -sS ${caller}${commandLine([`${url.replace(/\/+$/, '')}/v1/plans/${planId}/explain`])}`;
}

/** Words as a shell takes them, in quotes where they need some. */
function commandLine(parts: readonly string[]): string {
  return parts
    .map((part) => (/^[\w@%+=:,./-]+$/.test(part) ? part : `'${part.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
