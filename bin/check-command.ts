import type { Command } from 'commander';
import { checkPlan, explainViolation, type Violation } from '../planner/index.ts';
import { badInput } from './bad-input.ts';
import { calledAs } from './called-as.ts';
import { BadInput, exitCodes } from './exit.ts';
import { readFleet } from './read-fleet.ts';
import { readDocument, readInParts } from './read-input.ts';
import { exitCodesHelp } from './settings-help.ts';

type CheckOptions = { readonly snapshot?: readonly string[]; readonly json?: true };

/** `switchyard check PLAN --snapshot F`: walks any plan from scratch. Exit code 1 when it breaks a rule. */
export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .description('check any plan against a dump, independently of the planner')
    .argument('[plan]', 'DrainPlan file, or -')
    .option('--snapshot <path...>', 'kubectl dump: files, folders or -')
    .option('--json', 'print {"violations": [...]}')
    .addHelpText('after', exitCodesHelp('0 the plan holds', '1 it breaks a rule'))
    .action(async (path: string | undefined, options: CheckOptions) => {
      // Everything after --snapshot is a snapshot: a plan that stands there is missing here.
      if (path === undefined || options.snapshot === undefined)
        throw new BadInput(
          `check: no ${path === undefined ? 'plan' : 'snapshot'} named; expected ${calledAs()} check PLAN --snapshot FILE..., in this order`,
        );
      const { file, document } = await readDocument(path, 'a DrainPlan');
      // Loaded only here: other commands do without what checks it.
      const { parseDrainPlan } = await import('../executor/formats/drain-plan.ts');
      const parsed = parseDrainPlan(document, file);
      if (parsed.kind === 'bad-input') throw badInput(parsed.problems);
      const { fleet } = await readInParts(options.snapshot, readFleet);
      const violations = checkPlan(parsed.plan, fleet);
      if (options.json)
        process.stdout.write(`${JSON.stringify({ plan: parsed.plan.id, violations }, null, 2)}\n`);
      else process.stdout.write(verdict(parsed.plan.id, violations));
      if (violations.length > 0) process.exitCode = exitCodes.failed;
    });
}

/** More than a screen of broken rules says no more than the first of them. */
const shownMax = 20;

/** The codes are those of docs/errors.md. */
function verdict(plan: string, violations: readonly Violation[]): string {
  const short = plan.slice(0, 8);
  if (violations.length === 0)
    return `plan ${short} holds: every step is legal in its order, counts and certificate are true.\n`;
  const more = violations.length - shownMax;
  return [
    `plan ${short} breaks ${violations.length} ${violations.length === 1 ? 'rule' : 'rules'}; do not carry it out.`,
    ...violations.slice(0, shownMax).map((each) => `  ${each.code}  ${explainViolation(each)}`),
    ...(more > 0 ? [`  and ${more} more; --json has them all`] : []),
    'docs/errors.md says what each code means.',
    '',
  ].join('\n');
}
