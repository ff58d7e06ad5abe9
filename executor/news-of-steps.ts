/**
 * Which steps a change in the fleet concerns. Pure: what a step looks at and what a change is about, in words that meet.
 * A change that is overlooked costs time only: every waiting step is looked at now and then anyway.
 */
import type { Step } from '../planner/plan.ts';
import type { MemberPresets } from '../planner/read/member-presets.ts';
import { scopeOf } from './member-labels.ts';
import type { MirrorChange, PodView } from './ports.ts';

/** What a change is told with. */
export type News = {
  /** Told to all who listen to one of these words. */
  readonly all: readonly string[];
  /** Told to who has listened longest to each of these: one of hundreds that wait for a node each can use one that comes. */
  readonly next: readonly string[];
};

/** Returns the words under which a step is told of changes. */
export function wordsOfStep(step: Step): readonly string[] {
  switch (step.kind) {
    case 'add-node':
      return [nodesIn(step.zone)];
    case 'fence':
    case 'unfence':
      return [`node ${step.node}`];
    case 'cordon':
    case 'release':
      return [`node ${step.node}`, `pods on ${step.node}`];
    case 'move':
      return step.cluster === null
        ? [`node ${step.from}`, `pod ${step.pod}`, `owner ${ownerOf(step.pod)}`]
        : [`node ${step.from}`, `cluster ${step.cluster}`];
    case 'switchover':
    case 'scale-out':
    case 'scale-in':
      return [`cluster ${step.cluster}`];
  }
}

/** Returns the words that a change is told with. */
export function wordsOfChange(change: MirrorChange, presets: MemberPresets): News {
  switch (change.kind) {
    case 'Node':
      return { all: [`node ${change.key}`], next: [nodesIn(change.zone)] };
    case 'StatefulSet':
    case 'ReplicaSet':
      return { all: [`owner ${change.key}`], next: [] };
    case 'VolumeAttachment':
      return { all: [`pods on ${change.key}`], next: [] };
    case 'Pod': {
      const words = [change.before, change.after].flatMap((pod) => wordsOfPod(pod, presets));
      return { all: [...new Set(words)], next: [] };
    }
  }
}

function nodesIn(zone: string): string {
  return `nodes in ${zone}`;
}

function wordsOfPod(pod: PodView | undefined, presets: MemberPresets): readonly string[] {
  if (pod === undefined) {
    return [];
  }
  const key = `${pod.namespace}/${pod.name}`;
  const scope = scopeOf(pod, presets);
  return [
    `pod ${key}`,
    `owner ${ownerOf(key)}`,
    ...(scope === undefined ? [] : [`cluster ${pod.namespace}/${scope}`]),
    ...(pod.node === undefined ? [] : [`pods on ${pod.node}`]),
  ];
}

/** Pods of ReplicaSets and StatefulSets are named after their owner. */
function ownerOf(pod: string): string {
  return pod.slice(0, pod.lastIndexOf('-'));
}
