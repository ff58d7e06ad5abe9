import { ability } from '../survey/abilities.ts';
import type { Yard } from '../yard/yard.ts';

/**
 * Whether a pod's load has to stay in its zone when it leaves its node. A primary whose temporary member takes over in another
 * zone leaves nothing behind.
 */
export function isHeldInZone(yard: Yard, pod: number): boolean {
  const { pods } = yard.survey;
  if (pods.stays[pod] === 1 || !isBoundToZone(yard, pod)) return false;
  const cluster = pods.cluster[pod] ?? -1;
  return cluster < 0 || yard.primary[cluster] !== pod || !mayScaleOut(yard, cluster);
}

/** Whether a pod's volumes keep it where it stands: there are some that more than one zone can attach. */
export function isBoundToZone({ survey, at, zone }: Yard, pod: number): boolean {
  const { fleet, pods, mayBeIn } = survey;
  if (pods.bound[pod] !== 1) return false;
  const rule = pods.rule[pod] ?? 0;
  const own = zone[at[pod] ?? -1] ?? 0;
  for (let other = 0; other < fleet.zones.length; other += 1)
    if (other !== own && mayBeIn(rule, other)) return false;
  return true;
}

/** Whether a plan, ours or another, could bring the cluster a temporary member: it is wished, and nobody may take over now. */
export function mayScaleOut({ survey }: Yard, cluster: number): boolean {
  const { clusters } = survey;
  const setting = clusters.settings[cluster];
  if (setting?.singleMember !== 'scale-out' || setting.switchover === 'never') return false;
  for (let place = clusters.start[cluster] ?? 0; place < (clusters.start[cluster + 1] ?? 0); place += 1)
    if (clusters.ability[clusters.members[place] ?? -1] === ability.now) return false;
  return true;
}
