/** How a command ends. The numbers are fixed: scripts and pipelines rely on them. */
export const exitCodes = { done: 0, failed: 1, badInput: 2, nothingPlanned: 3, detached: 130 } as const;

/** Bad usage or bad input: one line on standard error, exit code 2, no stack trace. */
export class BadInput extends Error {}

/** The outside did not do what was asked: one line on standard error, exit code 1. */
export class CommandFailed extends Error {}
