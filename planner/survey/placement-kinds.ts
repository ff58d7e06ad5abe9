/**
 * Which pods may stand on which nodes whatever else is there, as a table: pods that ask for the same are one rule, nodes that
 * differ in nothing any pod asks about are one kind. Thousands of pods and nodes make some dozen of each.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */
import type { FleetNode, Pod, Taint, Toleration } from '../model.ts';
import { labelOf, matchesNodeTerms } from '../rules/selector.ts';
import { numberContents } from './number-contents.ts';

/** The part of a pod that decides which nodes it may stand on. */
export type Rule = Pick<Pod, 'nodeSelector' | 'nodeTerms' | 'volumeTerms' | 'tolerations'>;

export type PlacementKinds = {
  readonly rules: readonly Rule[];
  /** One node of each kind. */
  readonly kinds: readonly FleetNode[];
  readonly ruleOf: (pod: Rule) => number;
  /** To be asked when all rules are known, since kinds depend on what rules ask about. */
  readonly kindOf: (node: FleetNode) => number;
  /** Whether a pod of that rule may stand on a node of that kind. */
  readonly fits: (rule: number, kind: number) => boolean;
  /** Whether the pod's selector and affinity pick the node, volumes and taints left aside. */
  readonly selects: (rule: number, kind: number) => boolean;
  /** Whether the pod tolerates the node's own taints. */
  readonly tolerates: (rule: number, kind: number) => boolean;
  /** The same text for rules whose selector and affinity are the same, and the same for those that tolerate the same. */
  readonly selectionOf: (rule: number) => string;
  readonly tolerationOf: (rule: number) => string;
};

/** Looking a rule up by its content takes as long as comparing some dozen by identity. */
const rulesComparedMax = 16;

/** Returns the kinds of a fleet, empty so far. */
export function openKinds(): PlacementKinds {
  const rules: Rule[] = [];
  const kinds: FleetNode[] = [];
  const partOf = numberContents();
  const table = (test: (rule: Rule, node: FleetNode) => boolean) => remembered(rules, kinds, test);
  return {
    rules,
    kinds,
    ruleOf: numberRules(rules),
    kindOf: numberKinds(rules, kinds),
    fits: table(suits),
    selects: table(isSelected),
    tolerates: table((rule, node) => toleratesAll(rule.tolerations, node.taints)),
    selectionOf: (rule) => `${partOf(rules[rule]?.nodeSelector)} ${partOf(rules[rule]?.nodeTerms)}`,
    tolerationOf: (rule) => `${partOf(rules[rule]?.tolerations)}`,
  };
}

/** Whether a pod may stand on a node at all, whatever else is there: labels, volumes and taints. */
export function suits(rule: Rule, node: FleetNode): boolean {
  if (node.unschedulable || !node.ready || !isSelected(rule, node)) return false;
  if (!rule.volumeTerms.every((terms) => matchesNodeTerms(terms, node))) return false;
  return toleratesAll(rule.tolerations, node.taints);
}

function isSelected(rule: Rule, node: FleetNode): boolean {
  for (const [key, value] of Object.entries(rule.nodeSelector)) {
    if (!Object.hasOwn(node.labels, key) || node.labels[key] !== value) return false;
  }
  return rule.nodeTerms === undefined || matchesNodeTerms(rule.nodeTerms, node);
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
export function toleratesAll(tolerations: readonly Toleration[], taints: readonly Taint[]): boolean {
  return taints.every(
    (taint) =>
      taint.effect === 'PreferNoSchedule' ||
      tolerations.some((toleration) => {
        if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
        if (toleration.key === undefined) return toleration.operator === 'Exists';
        if (toleration.key !== taint.key) return false;
        return toleration.operator === 'Exists' || toleration.value === taint.value;
      }),
  );
}

/** Answers are worked out when they are first asked for: with local volumes there are as many rules as pods. */
function remembered(
  rules: readonly Rule[],
  kinds: readonly FleetNode[],
  test: (rule: Rule, node: FleetNode) => boolean,
): (rule: number, kind: number) => boolean {
  const answers: Int8Array[] = [];
  return (rule, kind) => {
    let row = answers[rule];
    if (row === undefined || row.length <= kind) {
      const longer = new Int8Array(Math.max(8, kinds.length * 2)).fill(-1);
      if (row !== undefined) longer.set(row);
      row = longer;
      answers[rule] = row;
    }
    const known = row[kind] ?? -1;
    if (known >= 0) return known === 1;
    const [asking, asked] = [rules[rule], kinds[kind]];
    const answer = asking !== undefined && asked !== undefined && test(asking, asked);
    row[kind] = answer ? 1 : 0;
    return answer;
  };
}

/** Pods that share the same objects are told by identity; where they do not, content decides. */
function numberRules(rules: Rule[]): (pod: Rule) => number {
  const partOf = numberContents();
  const numbers = new Map<string, number>();
  // Volumes tell pods apart most of all: the rules seen with the same ones are few.
  const seenWith = new Map<object, { readonly rule: Rule; readonly number: number }[]>();
  return (pod) => {
    const { nodeSelector, nodeTerms, volumeTerms, tolerations } = pod;
    const seen = seenWith.get(volumeTerms);
    if (seen !== undefined)
      for (const { rule, number } of seen)
        if (
          rule.nodeSelector === nodeSelector &&
          rule.nodeTerms === nodeTerms &&
          rule.tolerations === tolerations
        )
          return number;
    const key = `${partOf(nodeSelector)} ${partOf(nodeTerms)} ${partOf(volumeTerms)} ${partOf(tolerations)}`;
    const number = numbers.get(key) ?? rules.push(pod) - 1;
    numbers.set(key, number);
    if (seen === undefined) seenWith.set(volumeTerms, [{ rule: pod, number }]);
    else if (seen.length < rulesComparedMax) seen.push({ rule: pod, number });
    return number;
  };
}

/** Two nodes are of one kind if no rule can tell them apart; their names count only where a rule asks for names. */
function numberKinds(rules: readonly Rule[], kinds: FleetNode[]): (node: FleetNode) => number {
  const numbers = new Map<string, number>();
  const partOf = numberContents();
  let asked: ReturnType<typeof whatRulesAsk> | undefined;
  return (node) => {
    asked ??= whatRulesAsk(rules);
    let key = `${partOf(node.taints)} ${node.ready && !node.unschedulable} ${asked.names ? node.name : ''}`;
    for (const label of asked.labels) {
      const value = labelOf(node.labels, label);
      // With its length in front no value can be taken for two.
      key += value === undefined ? ' none' : ` ${value.length} ${value}`;
    }
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = kinds.push(node) - 1;
    numbers.set(key, number);
    return number;
  };
}

function whatRulesAsk(rules: readonly Rule[]): {
  readonly labels: readonly string[];
  readonly names: boolean;
} {
  const labels = new Set<string>();
  let names = false;
  for (const { nodeSelector, nodeTerms = [], volumeTerms } of rules) {
    for (const key of Object.keys(nodeSelector)) labels.add(key);
    for (const term of [...nodeTerms, ...volumeTerms.flat()]) {
      for (const { key } of term.labels) labels.add(key);
      if (term.fields.length > 0) names = true;
    }
  }
  return { labels: [...labels].sort(), names };
}
