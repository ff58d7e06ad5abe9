/**
 * What a person can do where a run waits or has stopped: the last column of docs/errors.md, which a test keeps complete. Read once, when it
 * is first asked for.
 */
import { readFileSync } from 'node:fs';
import type { Run } from '../executor/run.ts';

/** Sections on what a run waits for and why it stops; the same code may stand elsewhere with another remedy. */
const sections: ReadonlySet<string> = new Set([
  'Waiting',
  'Before the start',
  'Blocked',
  'Halted',
  'Looking for a new plan',
]);

let remedies: ReadonlyMap<string, string> | undefined;

/**
 * What to do about a halt, a sentence each: first about what it waited for. While it looks for a
 * new plan by itself, about what that waits for. None where only waiting helps, or the page is not installed.
 */
export function whatToDo(run: Pick<Run, 'because' | 'outlook'>): readonly string[] {
  remedies ??= readRemedies();
  const known = remedies;
  return codesOf(run.outlook?.kind === 'looking' ? run.outlook : run)
    .toReversed()
    .flatMap((code) => known.get(code) ?? []);
}

function readRemedies(): ReadonlyMap<string, string> {
  try {
    return remediesOf(readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8'));
  } catch {
    return new Map();
  }
}

function remediesOf(page: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let section = '';
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    const [, code, remedy] = /^\| `([a-z-]+)` \| .* \| (.+) \|$/.exec(line) ?? [];
    if (code === undefined || remedy === undefined || !sections.has(section)) continue;
    if (!/^Nothing(:| as a rule:)/.test(remedy)) found.set(code, afterWaiting(plain(remedy)));
  }
  return found;
}

/** `Nothing; if it never comes, ...`: it has been waited for. */
function afterWaiting(text: string): string {
  return text.replace(/^Nothing; (.)/, (_, first: string) => first.toUpperCase());
}

/** Without the marks of Markdown: it is read in a terminal too. */
function plain(text: string): string {
  return text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
}

/** The code of a halt, and of the wait that took too long. */
export function codesOf({ because: { code, facts } }: Pick<Run, 'because'>): readonly string[] {
  return typeof facts.waitedFor === 'string' ? [code, facts.waitedFor] : [code];
}
