/** How a command ends. The numbers are fixed: scripts and pipelines rely on them. */
export const exitCodes = { done: 0, failed: 1, badInput: 2, nothingPlanned: 3, detached: 130 } as const;

/** Bad usage or bad input: one line on standard error, exit code 2, no stack trace. */
export class BadInput extends Error {}

/** The outside did not do what was asked: one line on standard error, exit code 1. */
export class CommandFailed extends Error {}

/** The service did not answer, or could not just now: asked again later it may. */
export class NoContact extends CommandFailed {}

/** The error of a server that could not listen as one line; any other error is returned as it is. */
export function cannotListen(error: unknown, host: string, port: number, setting: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new CommandFailed(
      `${host}:${port}: another program listens there; ${setting} names another port. Nothing was changed`,
    );
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new CommandFailed(
      `${host}:${port}: cannot be listened on (${code}); ${setting} names another. Nothing was changed`,
    );
  return error;
}
