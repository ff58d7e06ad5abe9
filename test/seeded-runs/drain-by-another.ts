/**
 * Another drainer begins to take a node away while the run goes on, and says so on the node: an autoscaler, an update of a node group, a
 * reboot. It gives up again, or drains the node and deletes it, or is forgotten there and outlasts every deadline.
 */
import type { StoredObject } from '../../simulations/world/object-store.ts';
import type { Random } from '../../simulations/world/random.ts';
import { isTerminating, staysOnItsNode } from '../../simulations/world/read-objects.ts';
import { takeAim } from './aim.ts';
import { stepsToCome, strikeOnce } from './moments.ts';
import { isTroubled, type Stage, tell } from './stage.ts';

const share = 0.18;
/** Who is to lead next stands there, where there is somebody: a primary is to be kept from going where it is moved again. */
const candidateShare = 0.4;
/** What an autoscaler needs to give a node up, at most. */
const mostMs = 20 * 60_000;
const evictsEveryMs = 15_000;

/** What stands on a node, by the words of those who write it. */
type Sign = { readonly put: (node: StoredObject) => void; readonly takeOff: (node: StoredObject) => void };

const signs: readonly Sign[] = [
  taint('karpenter.sh/disrupted', undefined),
  taint('karpenter.sh/disruption', 'disrupting'),
  taint('ToBeDeletedByClusterAutoscaler', '1795940000'),
  taint('eks.amazonaws.com/nodegroup', 'unschedulable'),
  word('labels', 'lifecycle-status', 'draining'),
  word('annotations', 'weave.works/kured-reboot-in-progress', '2026-11-23T08:00:00Z'),
];

function taint(key: string, value: string | undefined): Sign {
  const own = { key, ...(value === undefined ? {} : { value }), effect: 'NoSchedule' };
  return {
    put: ({ spec }) => {
      spec.taints = [...(spec.taints ?? []), own];
    },
    takeOff: ({ spec }) => {
      spec.taints = (spec.taints ?? []).filter((each: { readonly key: string }) => each.key !== key);
    },
  };
}

function word(where: 'labels' | 'annotations', key: string, value: string): Sign {
  let before: string | undefined;
  return {
    put: ({ metadata }) => {
      before = metadata[where]?.[key];
      metadata[where] = { ...metadata[where], [key]: value };
    },
    takeOff: ({ metadata }) => {
      const { [key]: _, ...others } = metadata[where] ?? {};
      metadata[where] = before === undefined ? others : { ...others, [key]: before };
    },
  };
}

/** Plans one for some of the runs; `chance` serves nothing else. */
export function planOtherDrainer(stage: Stage, chance: Random): void {
  if (chance.next() >= share) return;
  const own = chance.fork('what');
  strikeOnce(stage, chance.fork('moment'), (step) => {
    if (!isTroubled(stage)) return;
    const aimed = takeAim(stage, step, own.next).node;
    const node = own.next() < candidateShare ? (nodeOfCandidate(stage) ?? aimed) : aimed;
    const sign = signs[own.between(0, signs.length - 1)];
    if (node === undefined || sign === undefined) return;
    begin(stage, node, sign, own);
  });
}

function nodeOfCandidate(stage: Stage): string | undefined {
  const next = stepsToCome(stage).find((step) => step.kind === 'switchover');
  if (next?.kind !== 'switchover') return undefined;
  const namespace = next.cluster.slice(0, next.cluster.indexOf('/'));
  return stage.world.store.get('Pod', namespace, next.to)?.spec?.nodeName;
}

function begin(stage: Stage, node: string, sign: Sign, own: Random): void {
  const { world, time, drainedByOthers, signedOnce } = stage;
  if (world.store.update('Node', undefined, node, sign.put) === undefined) return;
  drainedByOthers.set(node, time.nowMs());
  signedOnce.add(node);
  stage.happened.add('another-drains');
  const fate = own.next();
  const lastsMs = Math.ceil(mostMs * own.next() ** 2);
  const what = fate < 0.5 ? 'gives up' : fate < 0.85 ? 'drains' : 'is forgotten';
  tell(stage, () => `MISHAP another-drains: ${node}, ${what}, ${lastsMs} ms`);
  if (what === 'is forgotten') return;
  const leftMs = Math.max(0, stage.startMs + stage.troubles.healAfterMs - time.nowMs());
  // At the end of all troubles whoever has not come to his end gives up.
  time.at(what === 'gives up' ? Math.min(lastsMs, leftMs) : leftMs, () => giveUp(stage, node, sign));
  if (what === 'drains') drain(stage, node);
}

function giveUp({ world, drainedByOthers }: Stage, node: string, sign: Sign): void {
  if (!drainedByOthers.delete(node)) return;
  world.store.update('Node', undefined, node, sign.takeOff);
}

/** By evictions, which respect budgets and nothing else; the machine goes when it is empty. */
function drain(stage: Stage, node: string): void {
  const { world, time, drainedByOthers, takenByOthers } = stage;
  if (!drainedByOthers.has(node) || world.store.get('Node', undefined, node) === undefined) return;
  const left = world.pods.onNode(node).filter((pod) => !staysOnItsNode(pod));
  if (left.length === 0) {
    world.store.remove('CSINode', undefined, node);
    world.store.remove('Node', undefined, node);
    drainedByOthers.delete(node);
    takenByOthers.add(node);
    tell(stage, () => `${node} is taken away by another`);
    return;
  }
  for (const pod of left)
    if (!isTerminating(pod)) world.evict(pod.metadata.namespace ?? '', pod.metadata.name, {});
  time.at(evictsEveryMs, () => drain(stage, node));
}
