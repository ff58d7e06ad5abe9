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
