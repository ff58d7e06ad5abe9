/**
 * What reading a snapshot gathers besides the fleet: problems that make the input useless, and findings about it.
 */
import type { FindingCode } from '../codes.ts';
import type {
  NodeSelectorTerm,
  PodAffinityTerm,
  Resources,
  SpreadConstraint,
  Taint,
  Toleration,
} from '../model.ts';
import { compareText } from '../order.ts';
import type { Facts, Finding, InputProblem, Severity } from '../plan.ts';
import { parseQuantity, unitOf } from './quantity.ts';
import { isObject, type JsonObject, newRecord, show } from './raw-json.ts';
import { newShare, type Share } from './sharing.ts';

/** One Kubernetes object of the input and where it stands. */
export type FoundObject = {
  readonly place: Place;
  /** Empty for kinds that live in no namespace. */
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name`, or the name alone. */
  readonly key: string;
  readonly json: JsonObject;
};

/** Where an object stands. Nearly none is ever told, so that its text is made when it is asked for. */
export type Place = {
  readonly file: string;
  /** JSON path of the list in the file, e.g. `items`; empty: the file is this list, or this one object. */
  readonly list: string;
  /** Undefined: no list, the file is this one object. */
  readonly index: number | undefined;
};

/** The JSON path in the file, e.g. `items[41].spec`; `field` may be empty. */
export function pathOf({ list, index }: Place, field = ''): string {
  const object = index === undefined ? list : `${list}[${index}]`;
  return [object, field].filter((part) => part !== '').join('.');
}

type Gathered = {
  readonly severity: Severity;
  readonly facts: Facts;
  readonly fix: string | undefined;
  /** The subject that sorts first, which the rest is about. */
  readonly first: string;
  readonly subjects: string[];
};

/** Gathers while reading; nothing is refused before all has been looked at. */
export type Reading = {
  readonly problems: InputProblem[];
  readonly found: Map<FindingCode, Gathered>;
  readonly share: Shares;
  /** Of the pod before. */
  labels: Readonly<Record<string, string>>;
};

/** One for each part that is shared. */
type Shares = {
  readonly requests: Share<Resources>;
  readonly allocatable: Share<Resources>;
  readonly taints: Share<readonly Taint[]>;
  readonly nodeSelector: Share<Readonly<Record<string, string>>>;
  readonly nodeTerms: Share<readonly NodeSelectorTerm[]>;
  readonly volumeTerms: Share<readonly (readonly NodeSelectorTerm[])[]>;
  readonly tolerations: Share<readonly Toleration[]>;
  readonly podAffinity: Share<readonly PodAffinityTerm[]>;
  readonly podAntiAffinity: Share<readonly PodAffinityTerm[]>;
  readonly spread: Share<readonly SpreadConstraint[]>;
};

/** More problems than this are not listed: the input is of another kind altogether. */
export const problemsMax = 50;
/** Examples named in a finding about many alike. */
const examplesMax = 5;

/** A value while it is put together; once handed out it is readonly. */
export type Draft<Value> = { -readonly [Field in keyof Value]: Value[Field] };

/** Nothing gathered yet. */
export function newReading(): Reading {
  const problems: InputProblem[] = [];
  const share: Shares = {
    requests: newShare(problems),
    allocatable: newShare(problems),
    taints: newShare(problems),
    nodeSelector: newShare(problems),
    nodeTerms: newShare(problems),
    volumeTerms: newShare(problems),
    tolerations: newShare(problems),
    podAffinity: newShare(problems),
    podAntiAffinity: newShare(problems),
    spread: newShare(problems),
  };
  return { problems, found: new Map(), share, labels: newRecord() };
}

/** Adds a problem at a field of an object. */
export function complain(
  reading: Reading,
  place: Place,
  field: string,
  problem: { readonly code: string; readonly found: string; readonly expected: string },
): void {
  if (reading.problems.length >= problemsMax) return;
  reading.problems.push({ ...problem, file: place.file, field: pathOf(place, field) });
}

/** Notes one more subject under a code; severity, facts and fix are those of the subject that sorts first, in whatever order they come. */
export function note(
  reading: Reading,
  code: FindingCode,
  subject: string,
  about: { readonly severity: Severity; readonly facts?: Facts; readonly fix?: string },
): void {
  const gathered = { severity: about.severity, facts: about.facts ?? {}, fix: about.fix, first: subject };
  const known = reading.found.get(code);
  const subjects = known?.subjects ?? [];
  subjects.push(subject);
  if (known === undefined || subject < known.first) reading.found.set(code, { ...gathered, subjects });
}

/** One finding per code, sorted by code; alike ones are one entry with a count and examples. */
export function findingsOf(reading: Reading): readonly Finding[] {
  return [...reading.found.keys()].sort().flatMap((code) => {
    const gathered = reading.found.get(code);
    if (gathered === undefined) return [];
    const { severity, facts, fix } = gathered;
    const subjects = gathered.subjects.toSorted(compareText);
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

/** Whole amounts by resource name, sorted by it; malformed and negative quantities become problems at `fieldOf()`. */
export function readQuantities(
  reading: Reading,
  place: Place,
  fieldOf: () => string,
  written: unknown,
  round: 'up' | 'down',
): Record<string, number> {
  const amounts = newRecord<number>();
  if (!isObject(written)) return amounts;
  for (const resource of Object.keys(written).sort()) {
    const amount = parseQuantity(written[resource], unitOf(resource), round);
    if (amount !== undefined) amounts[resource] = amount;
    else
      complain(reading, place, `${fieldOf()}.${resource}`, {
        code: 'bad-quantity',
        found: show(written[resource]),
        expected: 'a Kubernetes quantity of zero or more, such as 500m, 4 or 64Gi',
      });
  }
  return amounts;
}
