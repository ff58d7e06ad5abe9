import { wrapped } from '../planner/explain/explain-words.ts';

/** Name, default and meaning of an environment variable; an empty default: none. */
export type Setting = readonly [name: string, fallback: string, meaning: string];

const width = 80;

/** Environment variables for the end of a help text: name and default on a line, the meaning under it, no line longer than 80. */
export function settingsHelp(settings: readonly Setting[]): string {
  const lines = settings.flatMap(([name, fallback, meaning]) => [
    `  ${name}${fallback === '' ? '' : `  (default: ${fallback})`}`,
    ...wrapped('      ', meaning, width),
  ]);
  return ['', 'Environment variables:', ...lines, ''].join('\n');
}

/** The exit codes of a command, for the end of its help; bad usage and bad input are the same everywhere. */
export function exitCodesHelp(...meanings: readonly string[]): string {
  const words = `Exit codes: ${[...meanings, '2 bad usage or bad input'].sort().join('; ')}.`;
  return ['', ...wrapped('', words, width)].join('\n');
}
