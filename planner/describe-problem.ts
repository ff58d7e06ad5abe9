import type { InputProblem } from './plan.ts';

/** The one line for standard error: the file, the field, what was found and what was expected. */
export function describeProblem(problem: InputProblem): string {
  const place = problem.field === '' ? problem.file : `${problem.file}: ${problem.field}`;
  return `switchyard: ${place}: ${problem.found}; expected ${problem.expected}`;
}
