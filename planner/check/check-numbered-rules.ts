/**
 * What pods ask of nodes and of other pods, read once for all pods that share these parts (planner/model.ts says which). Pods
 * that share nothing have rules of their own, which say the same.
 */
import type { Pod, PodAffinityTerm, Resources, SpreadConstraint } from '../model.ts';
import { askFor, everyNamespace, noTags } from './check-label-index.ts';
import type { LabelIndex, PodRules, SpreadRule, Tag } from './check-model.ts';
import { toleratesCordon, toleratesFence } from './check-tolerations.ts';

/** Asks for no spread. */
export const noSpread: readonly SpreadRule[] = [];

/** What rules are read with: numbers are given to names when they first turn up. */
export type RuleReader = {
  readonly labels: LabelIndex;
  readonly resources: string[];
  readonly amountsOf: Map<Resources, readonly number[]>;
  readonly amountsLike: Map<string, readonly number[]>;
  readonly spreadKinds: Map<string, number>;
};

/** A reader that has read nothing yet. */
export function openRuleReader(labels: LabelIndex): RuleReader {
  return {
    labels,
    resources: [],
    amountsOf: new Map(),
    amountsLike: new Map(),
    spreadKinds: new Map(),
  };
}

/** The rules of a pod; those of `like` itself where all parts of the two are the same. */
export function readRules(
  reader: RuleReader,
  pod: Pod,
  like: { readonly pod: Pod; readonly rules: PodRules } | undefined,
): PodRules {
  if (like !== undefined && haveSameParts(pod, like.pod)) return like.rules;
  const { labels } = reader;
  return {
    amounts: readAmounts(reader, pod.requests),
    keptApart: tagsAskedFor(labels, pod.podAntiAffinity),
    keptNear: tagsAskedFor(labels, pod.podAffinity),
    spread: readSpread(reader, pod),
    toleratesFence: toleratesFence(pod),
    toleratesCordon: toleratesCordon(pod),
  };
}

function tagsAskedFor(labels: LabelIndex, terms: readonly PodAffinityTerm[]): readonly (Tag | undefined)[] {
  if (terms.length === 0) return noTags;
  return terms.map((term) => askFor(labels, scopeOf(term), term.selector));
}

function readSpread(reader: RuleReader, pod: Pod): readonly SpreadRule[] {
  if (pod.spread.length === 0) return noSpread;
  return pod.spread.map((constraint) => ({
    constraint,
    tag: askFor(reader.labels, pod.namespace, constraint.selector),
    asksForTagAlone: constraint.selector.length === 1,
    kind: spreadKind(reader, constraint, pod),
  }));
}

function haveSameParts(pod: Pod, like: Pod): boolean {
  return (
    pod.namespace === like.namespace &&
    pod.requests === like.requests &&
    pod.podAntiAffinity === like.podAntiAffinity &&
    pod.podAffinity === like.podAffinity &&
    pod.spread === like.spread &&
    pod.tolerations === like.tolerations &&
    pod.nodeSelector === like.nodeSelector &&
    pod.nodeTerms === like.nodeTerms
  );
}

/** The namespace under which the tag of a term is kept. */
function scopeOf({ namespaces }: PodAffinityTerm): string {
  return namespaces === 'all' || namespaces.length !== 1 ? everyNamespace : (namespaces[0] ?? everyNamespace);
}

function readAmounts(
  { resources, amountsOf, amountsLike }: RuleReader,
  requests: Resources,
): readonly number[] {
  const known = amountsOf.get(requests);
  if (known !== undefined) return known;
  const amounts: number[] = [];
  for (const name of Object.keys(requests)) {
    let id = resources.indexOf(name);
    if (id < 0) id = resources.push(name) - 1;
    while (amounts.length <= id) amounts.push(0);
    amounts[id] = requests[name] ?? 0;
  }
  const content = amounts.join();
  const first = amountsLike.get(content) ?? amounts;
  amountsLike.set(content, first);
  amountsOf.set(requests, first);
  return first;
}

function spreadKind({ spreadKinds }: RuleReader, constraint: SpreadConstraint, pod: Pod): number {
  const { topologyKey, nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  const content = JSON.stringify([
    topologyKey,
    nodeAffinityPolicy,
    nodeTaintsPolicy,
    pod.nodeSelector,
    pod.nodeTerms,
    nodeTaintsPolicy === 'Honor' ? pod.tolerations : [],
  ]);
  const known = spreadKinds.get(content);
  if (known !== undefined) return known;
  spreadKinds.set(content, spreadKinds.size);
  return spreadKinds.size - 1;
}
