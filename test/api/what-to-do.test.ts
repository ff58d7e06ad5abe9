import { expect, it } from 'vitest';
import { codesOf, whatToDo } from '../../api/what-to-do.ts';
import { haltCodes } from '../../executor/wait-codes.ts';

const halted = (code: string, waitedFor?: string) => ({
  because: { code, facts: waitedFor === undefined ? {} : { waitedFor } },
});

it('says nothing of planning again while the run looks for a new plan by itself, but what that waits for', () => {
  const run = halted('role-changed-by-others');
  const looking = (code: string) => ({ kind: 'looking' as const, because: { code, facts: {} } });
  expect(whatToDo(run)).toEqual([
    'Look at the cluster. When it is whole the run plans what is left by itself; where it finds no plan, resume, or abort and plan again',
  ]);
  expect(whatToDo({ ...run, outlook: looking('node-awaited') })).toEqual([
    'See the pipeline; the run goes on when it has come, or gives up',
  ]);
  expect(whatToDo({ ...run, outlook: looking('no-such-code') })).toEqual([]);
});

it('says what to do about a halt, first about what took too long, without marks of Markdown', () => {
  const run = halted('deadline-passed', 'cluster-paused');
  expect(codesOf(run)).toEqual(['deadline-passed', 'cluster-paused']);
  expect(whatToDo(run)).toEqual(['patronictl resume', 'Find out what it waits for; resume or abort']);
});

it('does not say to wait for what was waited for', () => {
  expect(whatToDo(halted('deadline-passed', 'waiting-for-node'))[0]).toBe(
    'If it never comes, look at the pipeline or autoscaler of that zone',
  );
  expect(whatToDo(halted('deadline-passed', 'pod-not-ready'))).toEqual([
    'Find out what it waits for; resume or abort',
  ]);
});

it('takes the remedy of a run where a plan has the same code, and knows one for every halt', () => {
  expect(whatToDo(halted('node-gone'))).toEqual([
    'Find out who took it. The run plans what is left by itself; where it finds no plan, abort and plan again',
  ]);
  expect(haltCodes.filter((code) => whatToDo(halted(code)).length === 0)).toEqual([]);
});
