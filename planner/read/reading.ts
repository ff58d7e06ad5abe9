/**
 * What reading a snapshot gathers besides the fleet: problems that make the input useless, and findings about it.
 */
import type { FindingCode } from '../codes.ts';
import type { Facts, Finding, InputProblem, Severity } from '../plan.ts';
import { parseQuantity, unitOf } from './quantity.ts';
import { isObject, type JsonObject, show } from './raw-json.ts';

/** One Kubernetes object of the input and where it stands. */
export type FoundObject = {
  readonly file: string;
  /** JSON path in the file, e.g. `items[41]`; empty: the file is this one object. */
  readonly path: string;
  /** Empty for kinds that live in no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly json: JsonObject;
};

type Gathered = {
  readonly severity: Severity;
  readonly facts: Facts;
  readonly fix: string | undefined;
  readonly subjects: string[];
};

/** Gathers while reading; nothing is refused before all has been looked at. */
export type Reading = {
  readonly problems: InputProblem[];
  readonly found: Map<FindingCode, Gathered>;
};

/** More problems than this are not listed: the input is of another kind altogether. */
export const problemsMax = 50;
/** Examples named in a finding about many alike. */
const examplesMax = 5;

/** Nothing gathered yet. */
export function newReading(): Reading {
  return { problems: [], found: new Map() };
}

/** Adds a problem at a field of an object. */
export function complain(
  reading: Reading,
  where: FoundObject,
  field: string,
  problem: { readonly code: string; readonly found: string; readonly expected: string },
): void {
  if (reading.problems.length >= problemsMax) return;
  const path = where.path === '' ? field : `${where.path}.${field}`;
  reading.problems.push({ ...problem, file: where.file, field: path });
}

/** Notes one more subject under a code; severity, facts and fix are those of the first. */
export function note(
  reading: Reading,
  code: FindingCode,
  subject: string,
  about: { readonly severity: Severity; readonly facts?: Facts; readonly fix?: string },
): void {
  const known = reading.found.get(code);
  if (known !== undefined) known.subjects.push(subject);
  else
    reading.found.set(code, {
      severity: about.severity,
      facts: about.facts ?? {},
      fix: about.fix,
      subjects: [subject],
    });
}

/** One finding per code, sorted by code; alike ones are one entry with a count and examples. */
export function findingsOf(reading: Reading): readonly Finding[] {
  return [...reading.found.keys()].sort().flatMap((code) => {
    const gathered = reading.found.get(code);
    if (gathered === undefined) return [];
    const { severity, facts, fix, subjects } = gathered;
    return [
      {
        code,
        severity,
        subject: subjects[0] ?? '',
        count: subjects.length,
        examples: subjects.slice(0, examplesMax),
        facts,
        ...(fix === undefined ? {} : { fix }),
      },
    ];
  });
}

/** Whole amounts by resource name, sorted by it; malformed and negative quantities become problems. */
export function readQuantities(
  reading: Reading,
  where: FoundObject,
  field: string,
  written: unknown,
  round: 'up' | 'down',
): Record<string, number> {
  const amounts: Record<string, number> = Object.create(null);
  if (!isObject(written)) return amounts;
  for (const resource of Object.keys(written).sort()) {
    const amount = parseQuantity(written[resource], unitOf(resource), round);
    if (amount !== undefined) amounts[resource] = amount;
    else
      complain(reading, where, `${field}.${resource}`, {
        code: 'bad-quantity',
        found: show(written[resource]),
        expected: 'a Kubernetes quantity of zero or more, such as 500m, 4 or 64Gi',
      });
  }
  return amounts;
}
