import type {
  EventPort,
  KubernetesObject,
  KubernetesPort,
  PatroniPort,
  PipelinePort,
} from '../../executor/ports.ts';
import type { RoleChange } from '../../simulations/world/answers.ts';
import type { World } from '../../simulations/world/world.ts';

export type PortsUnderTest = {
  readonly kubernetes: KubernetesPort & EventPort;
  readonly patroni: PatroniPort;
  readonly pipeline: PipelinePort;
};

/** A fleet behind ports, and what the suite does to it and sees of it past them. */
export type Stage = PortsUnderTest & {
  /** The fleet's time. It stands still but for `pass`. */
  readonly nowMs: () => number;
  /** Lets so much of the fleet's time go by, with all that happens in it by itself. */
  readonly pass: (ms: number) => Promise<void>;
  /** Somebody else gives a pod of namespace default another label. */
  readonly labelPod: (name: string, label: string, value: string) => Promise<void>;
  /** Somebody else deletes a pod of namespace default, gracefully and asking no budget. */
  readonly deletePod: (name: string) => Promise<void>;
  /** Events that are stored, whoever wrote them. */
  readonly events: () => Promise<readonly KubernetesObject[]>;
  readonly roleChanges: () => readonly RoleChange[];
  readonly close: () => Promise<void>;
};

export type OpenStage = (objects: readonly KubernetesObject[]) => Promise<Stage>;

/** The stage over a world that is behind the ports itself. */
export function worldStage(world: World, ports: PortsUnderTest, close: () => Promise<void>): Stage {
  return {
    ...ports,
    nowMs: () => world.nowMs(),
    pass: async (ms) => world.advanceTo(world.nowMs() + ms),
    labelPod: async (name, label, value) => {
      world.store.update('Pod', 'default', name, (draft) => {
        draft.metadata.labels = { ...draft.metadata.labels, [label]: value };
      });
    },
    deletePod: async (name) => void world.deletePod('default', name),
    events: async () => world.store.list('Event'),
    roleChanges: () => world.roleChanges,
    close,
  };
}
