import { Command, CommanderError } from 'commander';
import { VERSION } from '../api/version.ts';
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
  .configureOutput({
    // Commander's own complaints in the one form of all others.
    outputError: (text, write) =>
      write(
        `switchyard: ${text
          .replace(/^error: /, '')
          .trim()
          .replace(/\n/g, ' ')}; switchyard --help says more\n`,
      ),
  })
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

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error);
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
