/** The fleet that a command is about, from documents of kubectl. */
import { readOwnLabels } from '../executor/own-labels.ts';
import { type Finding, type Fleet, readSnapshot } from '../planner/index.ts';
import { type OwnLabels, presetsWith } from '../planner/read/member-presets.ts';
import { badInput } from './bad-input.ts';
import { BadInput } from './exit.ts';
import type { Source } from './source.ts';

/** The fleet behind the sources, or BadInput with the problems found, a line each. */
export function readFleet(sources: Iterable<Source>): {
  readonly fleet: Fleet;
  readonly findings: readonly Finding[];
} {
  const reading = readSnapshot(sources, presetsWith(ownLabels()));
  if (reading.kind === 'bad-input') throw badInput(reading.problems);
  return reading;
}

/** Labels of members that no default preset describes, out of the environment; BadInput where only half of them is there. */
export function ownLabels(): OwnLabels | undefined {
  const read = readOwnLabels(process.env);
  if (read.kind === 'wrong') throw new BadInput(read.problem);
  return read.own;
}
