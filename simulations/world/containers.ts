/** Who runs the containers of a pod, where the world does not only pretend to: real processes under a simulated kubelet. */
import type { StoredObject } from './object-store.ts';

export type Containers = {
  /** True: this pod's containers are run by this runtime. The world then simulates neither them nor a Patroni in them. */
  readonly runs: (pod: StoredObject) => boolean;
  /** The kubelet starts them; `probed` is to be told each verdict of the readiness probe. */
  readonly start: (pod: StoredObject, probed: (ready: boolean) => void) => void;
  /** SIGTERM; `stopped` is to be called once nothing of the pod runs any more, which may be at once. */
  readonly stop: (pod: StoredObject, stopped: () => void) => void;
};
