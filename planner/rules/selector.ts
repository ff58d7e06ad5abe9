/**
 * Label selectors and node selector terms: read from objects, parsed from text, matched against labels.
 * Meaning: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors and, for node terms,
 * https://github.com/kubernetes/component-helpers/blob/v0.34.0/scheduling/corev1/nodeaffinity/nodeaffinity.go
 */
import type { NodeSelectorTerm, Requirement } from '../model.ts';
import { at, isObject, listAt, textAt, textsAt, textsByKeyAt } from '../read/raw-json.ts';

type Labels = Readonly<Record<string, string>>;

/** A selector that matches nothing: what an absent (nil) label selector means. */
export const selectsNothing: readonly Requirement[] = [{ key: '', operator: 'In', values: [] }];

/**
 * True when the labels meet every requirement; an empty list selects everything. `met`: place of a requirement that is known to
 * be met.
 */
export function matchesLabels(selector: readonly Requirement[], labels: Labels, met = -1): boolean {
  for (let place = 0; place < selector.length; place += 1) {
    const requirement = selector[place];
    if (place !== met && requirement !== undefined && !meets(requirement, labels)) return false;
  }
  return true;
}

/** Returns the value of a label; what an object inherits is never text, and so never taken for one. */
export function labelOf(labels: Labels, key: string): string | undefined {
  const value: unknown = labels[key];
  return typeof value === 'string' ? value : undefined;
}

/** True when one of the terms holds on the node. A term without any requirement matches nothing, so no terms match nothing. */
export function matchesNodeTerms(
  terms: readonly NodeSelectorTerm[],
  node: { readonly name: string; readonly labels: Labels },
): boolean {
  return terms.some(
    (term) =>
      term.labels.length + term.fields.length > 0 &&
      matchesLabels(term.labels, node.labels) &&
      matchesLabels(term.fields, { 'metadata.name': node.name }),
  );
}

/** True when the labels meet one requirement. */
export function meets({ key, operator, values }: Requirement, labels: Labels): boolean {
  const label = labelOf(labels, key);
  switch (operator) {
    case 'In':
      return label !== undefined && isAmong(values, label);
    case 'NotIn':
      return label === undefined || !isAmong(values, label);
    case 'Exists':
      return label !== undefined;
    case 'DoesNotExist':
      return label === undefined;
    case 'Gt':
      return compares(label, values[0], (a, b) => a > b);
    case 'Lt':
      return compares(label, values[0], (a, b) => a < b);
  }
}

/** Selectors name a handful of values; where one names thousands, each pod asks for all of them. */
const fewValues = 16;
const valueSets = new WeakMap<readonly string[], ReadonlySet<string>>();

function isAmong(values: readonly string[], label: string): boolean {
  if (values.length <= fewValues) return values.includes(label);
  const known = valueSets.get(values) ?? new Set(values);
  valueSets.set(values, known);
  return known.has(label);
}

/** Gt and Lt hold for integers only; anything else does not match. */
function compares(
  label: string | undefined,
  bound: string | undefined,
  holds: (a: bigint, b: bigint) => boolean,
): boolean {
  const integer = /^[+-]?\d{1,19}$/;
  if (label === undefined || bound === undefined || !integer.test(label) || !integer.test(bound))
    return false;
  return holds(BigInt(label.replace('+', '')), BigInt(bound.replace('+', '')));
}

/** A `labelSelector` of an object; undefined where the field is absent, which selects nothing. */
export function readLabelSelector(selector: unknown): readonly Requirement[] | undefined {
  if (!isObject(selector)) return undefined;
  const labels = textsByKeyAt(selector, 'matchLabels');
  const equal = Object.keys(labels)
    .sort()
    .map((key): Requirement => ({ key, operator: 'In', values: [labels[key] ?? ''] }));
  return [...equal, ...readRequirements(at(selector, 'matchExpressions'))];
}

/** The terms of a node selector (`nodeSelectorTerms`); undefined where there is none. */
export function readNodeSelectorTerms(selector: unknown): readonly NodeSelectorTerm[] | undefined {
  if (!isObject(selector)) return undefined;
  return listAt(selector, 'nodeSelectorTerms').map((term) => ({
    labels: readRequirements(at(term, 'matchExpressions')),
    fields: readRequirements(at(term, 'matchFields')),
  }));
}

/** An expression that cannot be understood matches nothing: better no place for a pod than a wrong one. */
function readRequirements(expressions: unknown): readonly Requirement[] {
  if (!Array.isArray(expressions)) return [];
  return expressions.flatMap((expression): readonly Requirement[] => {
    const key = textAt(expression, 'key');
    const operator = at(expression, 'operator');
    if (key === undefined || !isOperator(operator)) return selectsNothing;
    return [{ key, operator, values: textsAt(expression, 'values') }];
  });
}

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] as const;

function isOperator(value: unknown): value is Requirement['operator'] {
  return operators.some((operator) => operator === value);
}

/**
 * Parses the text form of kubectl's `-l`: `a=b, c==d, e!=f, g in (h, i), j notin (k), l, !m`.
 * Returns undefined where it cannot be read; an empty text selects everything.
 * Grammar: https://github.com/kubernetes/apimachinery/blob/v0.34.0/pkg/labels/selector.go (Parse).
 */
export function parseSelector(text: string): readonly Requirement[] | undefined {
  if (text.trim() === '') return [];
  const requirements: Requirement[] = [];
  for (const part of splitOutsideParentheses(text)) {
    const requirement = parseRequirement(part.trim());
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return requirements;
}

/** Split at commas that stand outside of (...). */
function splitOutsideParentheses(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (text[index] !== ',' || depth !== 0) continue;
    parts.push(text.slice(start, index));
    start = index + 1;
  }
  parts.push(text.slice(start));
  return parts;
}

/** A label key: an optional DNS prefix, a slash, a name. A label value: the same letters, or nothing. */
const keyPattern = '[A-Za-z0-9](?:[-A-Za-z0-9_./]{0,315}[A-Za-z0-9])?';
const valuePattern = '(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?';
const exists = new RegExp(`^(!?)\\s*(${keyPattern})$`);
const compared = new RegExp(`^(${keyPattern})\\s*(=|==|!=)\\s*(${valuePattern})$`);
const listed = new RegExp(`^(${keyPattern})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const greater = new RegExp(`^(${keyPattern})\\s*([<>])\\s*(-?\\d{1,19})$`);
const onlyValue = new RegExp(`^${valuePattern}$`);

function parseRequirement(part: string): Requirement | undefined {
  const bare = exists.exec(part);
  if (bare !== null)
    return { key: bare[2] ?? '', operator: bare[1] === '!' ? 'DoesNotExist' : 'Exists', values: [] };
  const pair = compared.exec(part);
  if (pair !== null)
    return { key: pair[1] ?? '', operator: pair[2] === '!=' ? 'NotIn' : 'In', values: [pair[3] ?? ''] };
  const among = listed.exec(part);
  if (among !== null) {
    const values = (among[3] ?? '').split(',').map((value) => value.trim());
    if (!values.every((value) => onlyValue.test(value))) return undefined;
    return { key: among[1] ?? '', operator: among[2] === 'in' ? 'In' : 'NotIn', values };
  }
  const bounded = greater.exec(part);
  if (bounded === null) return undefined;
  return { key: bounded[1] ?? '', operator: bounded[2] === '>' ? 'Gt' : 'Lt', values: [bounded[3] ?? ''] };
}
