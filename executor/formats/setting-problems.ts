import type { z } from 'zod';
import { show } from '../../planner/read/raw-json.ts';

/** One line for a setting that is wrong: its name, what was found and what was expected. */
export function settingProblem(name: string, value: string | undefined, expected: string): string {
  return `${name}: ${isSecret(name, value) ? 'a value that is not shown' : show(value)}; expected ${expected}`;
}

/** A line for each setting that does not fit its schema. */
export function settingProblems(
  error: z.ZodError,
  given: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return settingProblem(name, given[name], message);
  });
}

/** The environment as settings are read from it: an empty variable is one that was not set. That is how compose files and charts leave things out. */
export function givenSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

/** What may hold a password or a token: its value is not told. */
function isSecret(name: string, value: string | undefined): boolean {
  if (name === 'REDIS_URL') return value?.includes('@') === true;
  return /SECRET|TOKEN|PASSWORD|_URLS$|CHECK_URL$/.test(name);
}
