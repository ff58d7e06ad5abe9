/**
 * Which pods are members of a Patroni cluster, of which one, and in which role their labels say they are: the planner's presets, asked of
 * live pods. Labels only say where to look and raise doubts; who leads is Patroni's word.
 */
import { defaultPresets, type MemberPreset, type MemberPresets } from '../planner/read/member-presets.ts';
import type { PodView } from './ports.ts';

/** Values of the role label of a primary: Patroni before 4, from 4 on, and of a standby cluster. */
export const primaryLabels = ['master', 'primary', 'standby_leader'] as const;

/** The presets that a run goes by. */
export function presetsOf({
  memberPresets,
}: {
  readonly memberPresets?: MemberPresets | undefined;
}): MemberPresets {
  return memberPresets ?? defaultPresets;
}

/** The scope that a pod's labels name, be it a member, a pooler or a backup; undefined: they name none. */
export function scopeOf(pod: PodView, presets: MemberPresets): string | undefined {
  for (const { scopeLabel } of presets) {
    const scope = pod.labels[scopeLabel];
    if (scope !== undefined && scope !== '') {
      return scope;
    }
  }
  return undefined;
}

/** Labels that pods of a cluster may bear its scope in. */
export function scopeLabelsOf(presets: MemberPresets): readonly string[] {
  return [...new Set(presets.map((preset) => preset.scopeLabel))];
}

/** Labels that members may bear their role in. */
export function roleLabelsOf(presets: MemberPresets): readonly string[] {
  return [...new Set(presets.map((preset) => preset.roleLabel))];
}

/** The preset of a member; undefined: the pod is none. Poolers carry the scope label too, but come from a Deployment and have no role. */
export function presetOf(pod: PodView, presets: MemberPresets): MemberPreset | undefined {
  return presets.find(({ labels, scopeLabel, roleLabel }) => {
    if (pod.labels[scopeLabel] === undefined) {
      return false;
    }
    const isLabelled = Object.entries(labels).every(([key, value]) => pod.labels[key] === value);
    return isLabelled && (pod.ownerKind === 'StatefulSet' || pod.labels[roleLabel] !== undefined);
  });
}

/** The label that the members of one cluster bear their role in: that of the first one; where there is none, of the first preset. */
export function roleLabelOf(members: readonly PodView[], presets: MemberPresets): string {
  const [first] = members.flatMap((pod) => presetOf(pod, presets) ?? []);
  return (first ?? presets[0])?.roleLabel ?? 'role';
}
