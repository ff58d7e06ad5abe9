import { Command, CommanderError } from 'commander';
import { VERSION } from '../api/version.ts';
import { calledAs } from './called-as.ts';
import { addCheckCommand } from './check-command.ts';
import { BadInput, CommandFailed, exitCodes } from './exit.ts';
import { addPlanCommand } from './plan-command.ts';
import { addRunCommand } from './run-command.ts';
import { addSandboxCommand } from './sandbox-command.ts';
import { addServeCommands } from './serve-command.ts';
import { addSimulateCommand } from './simulate-command.ts';
import { addSnapshotCommand } from './snapshot-command.ts';
import { endWhenOutputEnds } from './write-output.ts';

endWhenOutputEnds();

const program = new Command('switchyard')
  .description(
    'Replaces the nodes of Kubernetes clusters full of PostgreSQL with the fewest possible interruptions.',
  )
  .version(VERSION)
  .exitOverride();

for (const add of [
  addPlanCommand,
  addCheckCommand,
  addSimulateCommand,
  addSandboxCommand,
  addSnapshotCommand,
  addRunCommand,
  addServeCommands,
])
  add(program);
complainAs(program, calledAs());

try {
  refuseUnknownHelp(program, process.argv.slice(2));
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Commander's own complaints in the one form of all others, with the command whose help says more. */
function complainAs(command: Command, path: string): void {
  command.configureOutput({
    outputError: (text, write) => {
      const line = text.replace(/^error: /, '').trim();
      write(`switchyard: ${line.replace(/\n/g, ' ')}; ${path} --help says more\n`);
    },
  });
  for (const each of command.commands) complainAs(each, `${path} ${each.name()}`);
}

/** `help bogus`, also of `run`: commander would print the help of all commands as if that had been asked for. */
function refuseUnknownHelp(command: Command, words: readonly string[], path = calledAs()): void {
  const [first, second] = words;
  const below = (name: string | undefined) => command.commands.find((each) => each.name() === name);
  const next = below(first);
  if (first === 'help' && second !== undefined && below(second) === undefined)
    throw new BadInput(
      `help: unknown command ${JSON.stringify(second)}; ${path} --help lists those there are`,
    );
  if (next !== undefined) refuseUnknownHelp(next, words.slice(1), `${path} ${next.name()}`);
}

function exitCodeOf(error: unknown): number {
  // Commander has already printed its own line, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  if (error instanceof BadInput) {
    process.stderr.write(`switchyard: ${error.message}\n`);
    return exitCodes.badInput;
  }
  if (error instanceof CommandFailed) {
    process.stderr.write(`switchyard: ${error.message}\n`);
    return exitCodes.failed;
  }
  const line = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  process.stderr.write(
    `switchyard: unexpected: ${line.split('\n')[0]} (SWITCHYARD_DEBUG=1 prints the stack)\n`,
  );
  if (process.env.SWITCHYARD_DEBUG === '1' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  return exitCodes.failed;
}
