/**
 * What placement rules let happen in a drain: members that may meet on one node, pods that may come back to old nodes.
 */
import type { FleetNode, NodeSelectorTerm, Requirement } from '../model.ts';
import { matchesLabels, matchesNodeTerms } from '../rules/selector.ts';
import type { Rule } from '../survey/placement-kinds.ts';
import { isPicked } from '../survey/relations.ts';
import type { Survey } from '../survey/survey.ts';
import type { Sight } from './sight.ts';

/** Members that no required rule keeps off one node. A preferred one is not even read: the scheduler may set it aside. */
export function seeNoAntiAffinity(survey: Survey, number: number): Sight | undefined {
  const { clusters } = survey;
  const from = clusters.start[number] ?? 0;
  const to = clusters.start[number + 1] ?? 0;
  if (to - from < 2) return undefined;
  let lonely = -1;
  for (let place = from; place < to && lonely < 0; place += 1)
    if (!keepsOffAnother(survey, place, from, to)) lonely = place;
  if (lonely < 0 || standApart(survey, from, to)) return undefined;
  const fix = 'required podAntiAffinity over kubernetes.io/hostname   (Zalando: enable_pod_antiaffinity)';
  return { subject: clusters.all[number]?.key ?? '', facts: { members: to - from }, fix };
}

/** Members in zones of their own cannot meet on a node: their volumes keep them apart. */
function standApart({ clusters, pods, nodes }: Survey, from: number, to: number): boolean {
  const zoneOf = (place: number) => nodes.zone[pods.node[clusters.members[place] ?? -1] ?? -1];
  for (let place = from; place < to; place += 1) {
    if (pods.bound[clusters.members[place] ?? -1] !== 1) return false;
    for (let other = from; other < place; other += 1) if (zoneOf(other) === zoneOf(place)) return false;
  }
  return true;
}

/** Few members are asked about their relations: a term over all clusters' members picks thousands of pods. */
function keepsOffAnother({ relations, clusters }: Survey, place: number, from: number, to: number): boolean {
  const { start, ids, sides, all } = relations;
  const pod = clusters.members[place] ?? -1;
  for (let own = start[pod] ?? 0; own < (start[pod + 1] ?? 0); own += 1) {
    const id = ids[own] ?? -1;
    if (all[id]?.kind !== 'apart') continue;
    for (let next = from; next < to; next += 1) {
      if (next === place) continue;
      const other = clusters.members[next] ?? -1;
      for (let theirs = start[other] ?? 0; theirs < (start[other + 1] ?? 0); theirs += 1)
        if (ids[theirs] === id && ((sides[theirs] ?? 0) & isPicked) !== 0) return true;
    }
  }
  return false;
}

type Leak = { readonly asks: Requirement; readonly through: NodeSelectorTerm; readonly onto: FleetNode };

/**
 * Pods whose node affinity asks for a label that only nodes which stay or come carry, and whose other term lets them onto old
 * nodes all the same: terms are alternatives. Zalando's operator adds its node_readiness_label that way unless told otherwise,
 * https://github.com/zalando/postgres-operator/blob/master/docs/administrator.md#node-readiness-labels
 */
export function seeOpenToOldNodes(survey: Survey, moving: Int32Array): readonly Sight[] {
  const { kinds, pods, clusters } = survey;
  const leaks = new Map<number, Leak | undefined>();
  const nodes = kindsOfNodes(survey);
  const sights = new Map<string, Sight>();
  for (let place = 0; place < moving.length; place += 1) {
    const pod = moving[place] ?? -1;
    const number = pods.rule[pod] ?? -1;
    const rule = kinds.rules[number];
    if ((rule?.nodeTerms?.length ?? 0) < 2 || rule === undefined) continue;
    if (!leaks.has(number)) leaks.set(number, findLeak(rule, nodes));
    const leak = leaks.get(number);
    const subject = clusters.all[pods.cluster[pod] ?? -1]?.key ?? ownerKey(survey, pod);
    if (leak === undefined || sights.has(subject)) continue;
    const { asks, through, onto } = leak;
    const facts = { label: asks.key, values: asks.values, through: termWords(through), node: onto.name };
    const fix = `node_readiness_label_merge: "AND"   (Zalando's operator; without it ${asks.key} belongs in every term)`;
    sights.set(subject, { subject, facts, fix });
  }
  return [...sights.values()];
}

type NodesByFate = {
  readonly old: readonly FleetNode[];
  readonly kept: readonly FleetNode[];
  readonly brought: readonly FleetNode[];
};

/** One node of each kind that rules can tell apart. */
function kindsOfNodes({ nodes, kinds, sizes }: Survey): NodesByFate {
  const oneOfEach = (numbers: Iterable<number>) =>
    [...new Set(numbers)].flatMap((kind) => kinds.kinds[kind] ?? []);
  return {
    old: oneOfEach(nodes.kind.filter((_, node) => nodes.asked[node] === 1)),
    kept: oneOfEach(nodes.kind.filter((_, node) => nodes.asked[node] !== 1)),
    brought: oneOfEach(sizes.kind),
  };
}

function findLeak(rule: Rule, { old, kept, brought }: NodesByFate): Leak | undefined {
  const terms = rule.nodeTerms ?? [];
  for (const term of terms)
    for (const asks of term.labels) {
      const carries = (node: FleetNode) => matchesLabels([asks], node.labels);
      if (asks.operator !== 'In' || old.some(carries)) continue;
      if (!kept.some(carries) && !brought.some(carries)) continue;
      for (const through of terms) {
        // A term that speaks of the label itself means what it says.
        if (through.labels.some(({ key }) => key === asks.key)) continue;
        const onto = old.find((node) => letsOnto(rule, through, node));
        // Where kept nodes lack the label too it does not tell old from new.
        if (onto === undefined || kept.some((node) => !carries(node) && letsOnto(rule, through, node)))
          continue;
        return { asks, through, onto };
      }
    }
  return undefined;
}

function letsOnto(rule: Rule, through: NodeSelectorTerm, node: FleetNode): boolean {
  for (const key in rule.nodeSelector) if (node.labels[key] !== rule.nodeSelector[key]) return false;
  return (
    matchesNodeTerms([through], node) && rule.volumeTerms.every((terms) => matchesNodeTerms(terms, node))
  );
}

function termWords({ labels, fields }: NodeSelectorTerm): string {
  return [...labels, ...fields]
    .map(({ key, operator, values }) => [key, operator, values.join('|')].join(' ').trim())
    .join(', ');
}

function ownerKey({ pods }: Survey, pod: number): string {
  const object = pods.all[pod];
  if (object === undefined) return '';
  return 'name' in object.owner ? `${object.namespace}/${object.owner.name}` : object.key;
}
