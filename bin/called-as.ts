type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The words that begin a command line of ours which is to be pasted: those with which this one was called. What npx runs is on the PATH of
 * nobody else. https://docs.npmjs.com/cli/v11/commands/npm-exec
 */
export function calledAs(environment: Environment = process.env): string {
  const { npm_lifecycle_event: event, npm_lifecycle_script: line = '' } = environment;
  // Whoever npx runs instead, a test runner for one, hands these words on to us.
  return event === 'npx' && /^["']?switchyard\b/.test(line) ? 'npx switchyard' : 'switchyard';
}
