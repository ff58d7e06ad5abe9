/**
 * What zod says about foreign JSON, as problems that name the file, the field, what was found and what was expected.
 * The schemas here carry the words for `expected` themselves, so an issue's message is that text.
 */
import { z } from 'zod';
import type { InputProblem } from '../../planner/plan.ts';
import { show } from '../../planner/read/raw-json.ts';

export type Parsed<Value> =
  | { readonly kind: 'parsed'; readonly value: Value }
  | { readonly kind: 'bad-input'; readonly problems: readonly InputProblem[] };

/** The value if it fits the schema, else one problem per wrong field; a field that nobody knows is one of them. */
export function parseWith<Value>(schema: z.ZodType<Value>, value: unknown, file: string): Parsed<Value> {
  const foreign = firstForeignKey(value);
  if (foreign !== undefined)
    return { kind: 'bad-input', problems: [unknownField(file, foreign, 'no such field')] };
  return readWith(schema, value, file);
}

/** As parseWith, for a value in which whole Kubernetes objects may stand: it is not walked through for foreign keys. */
export function readWith<Value>(schema: z.ZodType<Value>, value: unknown, file: string): Parsed<Value> {
  const result = schema.safeParse(value);
  if (result.success) return { kind: 'parsed', value: result.data };
  return {
    kind: 'bad-input',
    problems: result.error.issues.flatMap((issue) => problemsOf(issue, value, file)),
  };
}

function problemsOf(issue: z.core.$ZodIssue, value: unknown, file: string): readonly InputProblem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownField(file, pathText([...issue.path, key]), issue.message));
  const within = issue.code === 'invalid_union' ? issue.errors.find(goesDeeper) : undefined;
  if (within !== undefined)
    return within.flatMap((inner) =>
      problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, value, file),
    );
  const found = show(valueAt(value, issue.path));
  return [{ code: 'bad-field', file, field: pathText(issue.path), found, expected: expectedOf(issue) }];
}

/** The alternative of a union that the value was meant to be: the one whose fields are wrong, not the whole. */
function goesDeeper(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.length > 0 && issues.every((issue) => issue.path.length > 0);
}

function expectedOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  // Words of zod's own, where a schema brings none.
  const own = /^Invalid input: expected (\w+)/.exec(issue.message);
  return own === null ? issue.message : `${/^[aeiou]/.test(own[1] ?? '') ? 'an' : 'a'} ${own[1]}`;
}

function unknownField(file: string, field: string, expected: string): InputProblem {
  return { code: 'unknown-field', file, field, found: 'an unknown field', expected };
}

/** E.g. `nodes.names[0]`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}

/** No format here nests half as deep. */
const depthMax = 24;

/** zod passes over an own key `__proto__`, which JSON.parse does make; here it is a field nobody knows. */
function firstForeignKey(value: unknown, path: readonly PropertyKey[] = []): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (path.length > depthMax) return `${pathText(path.slice(0, 3))}...`;
  for (const [key, field] of Object.entries(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === '__proto__') return pathText(here);
    const deeper = firstForeignKey(field, here);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

/** An object with these fields and no others. */
export function strictObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const fields = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `one of ${fields}` : `an object with ${fields}`),
  });
}
