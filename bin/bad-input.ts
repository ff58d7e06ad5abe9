import { describeProblem, type InputProblem } from '../planner/index.ts';
import { BadInput } from './exit.ts';

/** The problems as one line: the first in full, the others counted. `requestFile` is what the planner calls `request`. */
export function badInput(problems: readonly InputProblem[], requestFile = 'request'): BadInput {
  const [first, ...others] = problems.map((problem) =>
    describeProblem(problem.file === 'request' ? { ...problem, file: requestFile } : problem),
  );
  return new BadInput(others.length === 0 ? (first ?? 'bad input') : `${first} (and ${others.length} more)`);
}
