/**
 * The nouns of checkPlan: a fleet by numbers, as it is before the first step. What a walk changes is in check-state.ts.
 */
import type {
  DatabaseCluster,
  DisruptionBudget,
  Member,
  Pod,
  PodAffinityTerm,
  SpreadConstraint,
} from '../model.ts';

/** One label with one value that somebody asks for. */
export type Tag = {
  readonly number: number;
  /** Disruption budgets that ask for it. */
  budgets: NumberedBudget[];
  /** Pods that keep others with it away, farther than from their own node. */
  readonly farRepellers: Repeller[];
};

/** A pod that keeps others away, and the term by which it does. */
export type Repeller = { readonly pod: NumberedPod; readonly term: PodAffinityTerm };

/** Tags of one label key by value. */
export type KeyTags = { readonly key: string; readonly byValue: Map<string, Tag> };

/** Numbers of pods by the number of a tag: those of tag 7 from `firstPod[7]` to below `firstPod[8]`. */
export type ByTag = { readonly firstPod: Int32Array; readonly pods: Int32Array };

export type LabelIndex = {
  /** By namespace ('' for terms that look into several). */
  readonly asked: Map<string, KeyTags[]>;
  readonly tags: Tag[];
  /** How many values each label key has among some pods: the more, the fewer pods share one. */
  readonly valuesOf: ReadonlyMap<string, ReadonlySet<string>>;
};

export type NumberedBudget = {
  readonly number: number;
  readonly budget: DisruptionBudget;
  /** Where its selector asks for single values only: label, value, label, value. Nearly all do, and it is asked very often. */
  readonly asksFor: readonly string[] | undefined;
};

export type NumberedBudgets = {
  readonly all: readonly NumberedBudget[];
  /** Those that name no single label, by namespace; the others are with their tag. */
  readonly wide: ReadonlyMap<string, readonly NumberedBudget[]>;
  /** Keys of labels that budgets ask for in any way, by namespace. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
};

export type PodRules = {
  /** What it asks for, in the order of the fleet's `resources`; the same list for the same amounts. */
  readonly amounts: readonly number[];
  /** The tag that each anti-affinity term asks for; undefined: the term names no single label. */
  readonly keptApart: readonly (Tag | undefined)[];
  /** The same of its affinity terms. */
  readonly keptNear: readonly (Tag | undefined)[];
  readonly spread: readonly SpreadRule[];
  /** Whether it would be placed on a node in spite of a fence, or of a cordon. */
  readonly toleratesFence: boolean;
  readonly toleratesCordon: boolean;
};

export type SpreadRule = {
  readonly constraint: SpreadConstraint;
  readonly tag: Tag | undefined;
  /** Whether its selector asks for nothing but the tag. */
  readonly asksForTagAlone: boolean;
  /** Constraints of one kind have the same domains; see check-spread.ts. */
  readonly kind: number;
};

export type NumberedPod = {
  readonly number: number;
  readonly pod: Pod;
  readonly rules: PodRules;
  /** What it carries of the labels that somebody asks for, and the budgets that pick it. Set once, when all pods are read. */
  tags: readonly Tag[];
  budgets: readonly NumberedBudget[];
  /** Its StatefulSet, where that creates one pod after the other; -1: none. */
  readonly orderedSet: number;
  /** Whether a release waits for it, and whether it can be moved: not what stays on its node, has ended, or would not come back. */
  readonly mustLeave: boolean;
  readonly isMovable: boolean;
  /** Ready and not on its way out; has ended: takes no room, keeps no node and matches no rule. */
  readonly isReady: boolean;
  readonly hasEnded: boolean;
  /** Its cluster and what it is there; undefined: there is none of that name. */
  readonly cluster: NumberedCluster | undefined;
  readonly member: NumberedMember | undefined;
};

export type NumberedMember = {
  readonly number: number;
  readonly member: Member;
  readonly temporary: boolean;
  /** The pod that it names, and the one that bears its name; undefined: there is none. Nearly always both are the same. */
  pod: NumberedPod | undefined;
  bearer: NumberedPod | undefined;
};

export type NumberedCluster = {
  readonly number: number;
  readonly cluster: DatabaseCluster;
  readonly members: readonly NumberedMember[];
  /** Of the primary; undefined: unknown. */
  readonly timeline: number | undefined;
  /** True where nobody can say who is primary: no act on this cluster is safe. */
  readonly contradictsItself: boolean;
  /** Whether a member other than the primary could lead: as things stand, one day, or never. Set once, when all pods are read. */
  successor: 'now' | 'later' | 'never';
};

/** How things stand at some moment, by the number of what it is about. */
export type Standing = {
  /** The node of each pod, and its place among the pods there; -1: on no node. */
  readonly nodeOf: Int32Array;
  readonly placeOf: Int32Array;
  /** The member that is primary of each cluster; -1: nobody can say, or it is none of the members. */
  readonly primary: Int32Array;
  /** How many members of each cluster do not run. */
  readonly down: Int32Array;
  /** Pods that each budget picks, and the healthy ones among them. */
  readonly budgetPods: Int32Array;
  readonly budgetHealthy: Int32Array;
  /** How many healthy ones each budget asks for. */
  readonly budgetDesired: Float64Array;
  /** The number of the one budget that picks each pod; -1: none does, -2: several do. */
  readonly soleBudget: Int32Array;
};

export type PodColumns = {
  /** 1 for a pod whose moves can be judged by numbers alone; see check-plain-moves.ts. */
  readonly isPlain: Uint8Array;
  /** 1 for a pod that can be moved, and for one that a release waits for. */
  readonly isMovable: Uint8Array;
  readonly mustLeave: Uint8Array;
  /** 1 for a pod that spread constraints count: it has not ended and is not on its way out. */
  readonly isSpread: Uint8Array;
  /** What it has of spread constraints itself. */
  readonly spread: readonly (readonly SpreadRule[])[];
  readonly uid: readonly string[];
  /** Of a member its name and the key of its cluster. Null: it says that it is none. */
  readonly memberName: readonly (string | null)[];
  readonly clusterKey: readonly (string | null)[];
  readonly labels: readonly Pod['labels'][];
  readonly budgets: readonly (readonly NumberedBudget[])[];
  /** The number of its cluster and of the member that it is there; -1: it belongs to none. */
  readonly cluster: Int32Array;
  readonly member: Int32Array;
  /** Pods of one number say the same about nodes. */
  readonly nodeRules: Int32Array;
  /** Its StatefulSet, where that creates one pod after the other; -1: none. */
  readonly orderedSet: Int32Array;
  /** What it asks for, in the order of the fleet's resources; nothing once it has ended. */
  readonly amounts: readonly (readonly number[])[];
};

export type MemberColumns = {
  /** 1 for a cluster whose switchovers can be judged by numbers alone; see check-plain-switchovers.ts. */
  readonly isPlain: Uint8Array;
  /** Members of cluster 7 have the numbers from `first[7]` to below `first[8]`. */
  readonly first: Int32Array;
  readonly name: readonly string[];
  /** The number of its pod; -1: there is none. */
  readonly pod: Int32Array;
  /** 1 for a member of a plain cluster that no tag keeps from leading, and for one that could take over before the first step. */
  readonly isCandidate: Uint8Array;
  readonly mayLead: Uint8Array;
  /** 1 for a member that has everything before the first step, as far as its cluster asks for that. */
  readonly isSynchronous: Uint8Array;
};

export type NumberedFleet = {
  /** Before the first step of a plan. */
  readonly start: Standing;
  readonly nodeNumbers: ReadonlyMap<string, number>;
  /** By number: node by node, as check-numbered-pods.ts says. */
  readonly pods: readonly NumberedPod[];
  /** Numbers of the pods of clusters, in the order of the fleet: the cluster of each, and the node on which it stands; -1: none. */
  readonly clustersOfPods: Int32Array;
  readonly nodesOfPods: Int32Array;
  /** Number of the pod of that key. */
  readonly podNamed: ReadonlyMap<string, number>;
  /** Numbers of pods by number of the node. */
  readonly podsOn: readonly (readonly number[])[];
  readonly clusters: readonly NumberedCluster[];
  readonly clusterNamed: ReadonlyMap<string, NumberedCluster>;
  readonly members: readonly NumberedMember[];
  readonly budgets: readonly NumberedBudget[];
  readonly wideBudgets: ReadonlyMap<string, readonly NumberedBudget[]>;
  readonly budgetKeys: ReadonlyMap<string, ReadonlySet<string>>;
  readonly labels: LabelIndex;
  /** Pods that carry each tag, and pods that ask to be kept apart from it. */
  readonly carriers: ByTag;
  readonly repellers: ByTag;
  /** Of each pod the one tag that matters: it carries no other, and has no rule about others but to be apart from it on a node, and to be spread; -2: it carries none and has no such rule; -1: neither is so. */
  readonly loneTags: Int32Array;
  readonly columns: PodColumns;
  readonly memberColumns: MemberColumns;
  /** Pods that keep others away, farther than from their node, by terms that name no single label. */
  readonly wideRepellers: readonly Repeller[];
  /** Whether some pod keeps others off its node by such a term, and whether any keeps others away farther than that. */
  readonly somePodsRepelWidely: boolean;
  readonly somePodsRepelAfar: boolean;
  /** Names of resources; what pods ask for is numbers in this order. */
  readonly resources: readonly string[];
  /** How many kinds of spread constraints and how many ordered sets there are. */
  readonly spreadKinds: number;
  readonly orderedSets: number;
  /** Pods that are not ready, by ordered set. */
  readonly unreadyInSet: ReadonlyMap<number, readonly NumberedPod[]>;
  /** Pods of DaemonSets, none of which a plan may touch. */
  readonly daemons: readonly NumberedPod[];
  /** What they take of a new node, by zone, as soon as somebody has asked; see check-replacement.ts. */
  readonly daemonRoom: Map<string, ReadonlyMap<string, number>>;
};
