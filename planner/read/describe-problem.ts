import type { InputProblem } from '../plan.ts';

/** One line: the file, the field, what was found and what was expected. */
export function describeProblem(problem: InputProblem): string {
  const place = problem.field === '' ? problem.file : `${problem.file}: ${problem.field}`;
  return `${place}: ${problem.found}; expected ${problem.expected}`;
}
