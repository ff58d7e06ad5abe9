/** docs/runbooks.md against the commands: whoever is called at night types what stands there. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addPlanCommand } from '../../bin/plan-command.ts';
import { addRunCommand } from '../../bin/run-command.ts';
import { noticeCodes } from '../../executor/news-codes.ts';

const page = readFileSync(new URL('../../docs/runbooks.md', import.meta.url), 'utf8');
const program = new Command('switchyard');
addRunCommand(program);
addPlanCommand(program);

/** Commands in the text: lines of their own, and in backquotes. */
const typed = [...page.matchAll(/^ {4}(switchyard .*)$|`(switchyard [^`]*)`/gm)].map(
  ([, line, inText]) => line ?? inText ?? '',
);

/** What is wrong with a command; undefined: it exists, with its options and as many arguments as it wants. */
function wrongWith(line: string): string | undefined {
  let command = program;
  const words = line.split(' > ')[0]?.split(' ').slice(1) ?? [];
  while (command.commands.length > 0) {
    const next = command.commands.find((one) => one.name() === words[0]);
    if (next === undefined) return `no command ${words[0]}`;
    command = next;
    words.shift();
  }
  let given = 0;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const option = command.options.find(({ long }) => long === word);
    if (word.startsWith('--') && option === undefined) return `no option ${word}`;
    if (option === undefined) given += 1;
    else if (option.required) words.shift();
  }
  return given === command.registeredArguments.length ? undefined : `${given} arguments`;
}

describe('the runbooks', () => {
  it('name only commands and options that exist', () => {
    expect(typed.length).toBeGreaterThan(10);
    expect(typed.flatMap((line) => wrongWith(line) ?? [])).toEqual([]);
    expect(wrongWith('switchyard run stop RUN-ID')).toBe('no command stop');
    expect(wrongWith('switchyard run approve RUN-ID --yes')).toBe('no option --yes');
  });

  it('name only notices that are sent', () => {
    const named = [...page.matchAll(/`run\.([a-z-]+)`/g)].map(([, code]) => code);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((code) => !noticeCodes.some((known) => known === code))).toEqual([]);
  });
});
