/** The kubelets: they start what is bound to their node once its volumes are there, and stop what is being deleted. */
import { finishDeletion } from './finish-deletion.ts';
import { kubernetesTime, type StoredObject } from './object-store.ts';
import { clusterOf, memberStarts, memberStops } from './patroni-members.ts';
import {
  conditionOf,
  hasEnded,
  isMirror,
  isTerminating,
  nodeNameOf,
  phaseOf,
  setCondition,
} from './read-objects.ts';
import { volumesAttached } from './volumes.ts';
import type { World } from './world.ts';

/** Starts and stops containers from now on. */
export function startKubelets(world: World): void {
  world.store.onChange(({ type, object }) => {
    if (object.kind === 'Pod' && type !== 'DELETED') look(world, object);
    if (object.kind === 'VolumeAttachment' && type === 'MODIFIED')
      lookAtNode(world, String(object.spec?.nodeName));
  });
  for (const pod of world.store.list('Pod')) look(world, pod);
}

function lookAtNode(world: World, node: string): void {
  for (const pod of world.pods.onNode(node)) look(world, pod);
}

function look(world: World, pod: StoredObject): void {
  if (nodeNameOf(pod) === undefined || isMirror(pod) || hasEnded(pod)) return;
  if (isTerminating(pod)) stopPod(world, pod);
  else if (phaseOf(pod) === 'Pending' && volumesAttached(world, pod)) startPod(world, pod);
}

/** Looks the pod up again: undefined when it is gone, replaced, or its node's kubelet is dead. */
function current(world: World, pod: StoredObject): StoredObject | undefined {
  const now = world.store.get('Pod', pod.metadata.namespace, pod.metadata.name);
  if (now === undefined || now.metadata.uid !== pod.metadata.uid) return undefined;
  return world.deadNodes.has(nodeNameOf(now) ?? '') ? undefined : now;
}

function startPod(world: World, pod: StoredObject): void {
  const start = `start:${pod.metadata.uid}`;
  world.clock.once(start, world.takesMs(world.durations.containerStartSeconds, start), () => {
    const now = current(world, pod);
    if (now === undefined || isTerminating(now) || phaseOf(now) !== 'Pending') return;
    const running = markRunning(world, now);
    if (running === undefined) return;
    if (world.containers?.runs(running) === true) {
      world.containers.start(running, (ready) => markReady(world, running, ready));
      return;
    }
    const cluster = clusterOf(world, running);
    if (cluster !== undefined) {
      memberStarts(world, cluster, running, () => markReady(world, running, true));
    } else {
      const readyMs = world.takesMs(world.durations.podReadySeconds, `ready:${pod.metadata.uid}`);
      world.clock.after(readyMs, () => markReady(world, running, true));
    }
  });
}

function markRunning(world: World, pod: StoredObject): StoredObject | undefined {
  const at = kubernetesTime(world.nowMs());
  const node = world.store.get('Node', undefined, nodeNameOf(pod) ?? '');
  const hostAddress = node?.status?.addresses?.find((one: { type: string }) => one.type === 'InternalIP');
  const ip = world.nextPodIp();
  return world.store.updateStatus('Pod', pod.metadata.namespace, pod.metadata.name, (draft) => {
    for (const type of ['PodReadyToStartContainers', 'Initialized']) {
      setCondition(draft, { type, status: 'True', lastTransitionTime: at });
    }
    for (const type of ['Ready', 'ContainersReady']) {
      setCondition(draft, { type, status: 'False', reason: 'ContainersNotReady', lastTransitionTime: at });
    }
    const containers: readonly { name: string; image?: string }[] = draft.spec?.containers ?? [];
    draft.status = {
      ...draft.status,
      phase: 'Running',
      ...(hostAddress === undefined ? {} : { hostIP: hostAddress.address }),
      podIP: ip,
      podIPs: [{ ip }],
      startTime: at,
      containerStatuses: containers.map((container) => ({
        name: container.name,
        image: container.image,
        imageID: '',
        lastState: {},
        ready: false,
        restartCount: 0,
        started: true,
        state: { running: { startedAt: at } },
      })),
    };
  });
}

/** The readiness probe's verdict. Ready changes only when it does. */
export function markReady(world: World, pod: StoredObject, ready: boolean): void {
  const now = current(world, pod);
  if (now === undefined || phaseOf(now) !== 'Running') return;
  if ((conditionOf(now, 'Ready')?.status === 'True') === ready) return;
  const at = kubernetesTime(world.nowMs());
  world.store.updateStatus('Pod', now.metadata.namespace, now.metadata.name, (draft) => {
    for (const type of ['Ready', 'ContainersReady']) {
      setCondition(draft, {
        type,
        status: ready ? 'True' : 'False',
        ...(ready ? {} : { reason: 'ContainersNotReady' }),
        lastTransitionTime: at,
      });
    }
    for (const container of draft.status.containerStatuses ?? []) container.ready = ready;
  });
}

/** SIGTERM, the time it takes to stop, and then the pod is gone. */
function stopPod(world: World, pod: StoredObject): void {
  if (world.stopping.has(pod.metadata.uid) || current(world, pod) === undefined) return;
  world.stopping.add(pod.metadata.uid);
  const gone = (): void => {
    world.stopping.delete(pod.metadata.uid);
    if (current(world, pod) !== undefined) finishDeletion(world, pod);
  };
  const cluster = clusterOf(world, pod);
  // A pod whose volumes never came has nothing running in it.
  if (phaseOf(pod) === 'Pending') world.clock.after(world.durations.controllerMs, gone);
  else if (world.containers?.runs(pod) === true) world.containers.stop(pod, gone);
  else if (cluster !== undefined) memberStops(world, cluster, pod, gone);
  else world.clock.after(world.takesMs(world.durations.podStopSeconds, `stop:${pod.metadata.uid}`), gone);
}
