/** What can be made to go wrong in a served world from another process: the faults of world/faults.ts as JSON. */
import { z } from 'zod';
import type { World } from '../world/world.ts';

/** `namespace/name` of a pod or of a cluster. */
const keySchema = z.string().regex(/^[^/]+\/[^/]+$/, 'expected namespace/name');

export const mishapSchema = z.discriminatedUnion('kind', [
  /** Patroni of a cluster moves its primary of its own accord. */
  z.strictObject({ kind: z.literal('fail-over'), cluster: keySchema, to: z.string() }),
  /** A node dies with all that runs on it. */
  z.strictObject({ kind: z.literal('crash-node'), node: z.string() }),
  /** A replica stops receiving WAL, and stays Ready. */
  z.strictObject({ kind: z.literal('freeze-replica'), pod: keySchema, frozen: z.boolean() }),
  /** A member's Patroni does not answer. */
  z.strictObject({ kind: z.literal('silence-patroni'), pod: keySchema, silent: z.boolean() }),
  /** What the next switchover of a cluster says in place of the truth. */
  z.strictObject({
    kind: z.literal('switchover-lie'),
    cluster: keySchema,
    lie: z.enum(['unknown-but-done', 'unknown-not-done', 'no-answer-but-done', 'other-target', 'failed']),
  }),
  /** Nodes wanted in this zone never come. */
  z.strictObject({ kind: z.literal('no-nodes'), zone: z.string(), missing: z.boolean() }),
]);

export type Mishap = z.infer<typeof mishapSchema>;

/** Makes it happen at the world's present moment. What names nothing that exists changes nothing. */
export function bringAbout(world: World, mishap: Mishap): void {
  const { faults } = world;
  switch (mishap.kind) {
    case 'fail-over':
      world.failOver(mishap.cluster, mishap.to);
      return;
    case 'crash-node':
      world.crashNode(mishap.node);
      return;
    case 'freeze-replica': {
      const [namespace = '', name = ''] = mishap.pod.split('/');
      world.freezeReplica(namespace, name, mishap.frozen);
      return;
    }
    case 'silence-patroni':
      toggle(faults.silentPatroni, mishap.pod, mishap.silent);
      return;
    case 'switchover-lie':
      faults.switchoverLies.set(mishap.cluster, [
        ...(faults.switchoverLies.get(mishap.cluster) ?? []),
        mishap.lie,
      ]);
      return;
    case 'no-nodes':
      toggle(faults.nodesNeverCome, mishap.zone, mishap.missing);
  }
}

function toggle(set: Set<string>, key: string, present: boolean): void {
  if (present) set.add(key);
  else set.delete(key);
}
