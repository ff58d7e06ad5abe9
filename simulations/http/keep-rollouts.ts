/**
 * What the controllers of Deployments, DaemonSets and StatefulSets say of them in their status, and the scaling of Deployments: the
 * world itself knows only what brings single pods back. It begins when somebody first asks for one of them, so a fleet in which
 * nobody does pays nothing. A new pod template is not rolled out: the status then says that nobody has seen it
 * (`observedGeneration` stays), and `kubectl rollout status` waits.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 */
import { kubernetesTime, type StoredObject, type StoreEvent } from '../world/object-store.ts';
import { hashText } from '../world/random.ts';
import { controllerOf, hasEnded, isReady, isTerminating, setCondition } from '../world/read-objects.ts';
import type { World } from '../world/world.ts';
import { sameJson } from './json.ts';

/** Kinds whose status is kept here. */
export const rolledOutKinds: ReadonlySet<string> = new Set(['Deployment', 'DaemonSet', 'StatefulSet']);

const kept = new WeakSet<World>();

type Rollouts = {
  readonly world: World;
  /** UIDs of those whose pod template was changed: their pods still run the one before. */
  readonly notRolledOut: Set<string>;
};

/** Writes the status of all of them now, and from then on whenever they, their sets or their pods change. */
export function keepRollouts(world: World): void {
  if (kept.has(world)) return;
  kept.add(world);
  const rollouts: Rollouts = { world, notRolledOut: new Set() };
  for (const kind of rolledOutKinds)
    for (const one of world.store.list(kind))
      reconcile(rollouts, kind, one.metadata.namespace, one.metadata.name);
  world.store.onChange((event) => notice(rollouts, event));
}

function notice(rollouts: Rollouts, { type, object, previous }: StoreEvent): void {
  const owner = object.kind === 'Pod' || object.kind === 'ReplicaSet' ? controllerOf(object) : undefined;
  if (owner !== undefined && rolledOutKinds.has(owner.kind))
    lookAt(rollouts, owner.kind, object.metadata.namespace, owner.name);
  if (!rolledOutKinds.has(object.kind) || type === 'DELETED') return;
  if (previous !== undefined && !sameJson(previous.spec?.template, object.spec?.template))
    rollouts.notRolledOut.add(object.metadata.uid);
  lookAt(rollouts, object.kind, object.metadata.namespace, object.metadata.name);
}

function lookAt(rollouts: Rollouts, kind: string, namespace: string | undefined, name: string): void {
  const { clock, durations } = rollouts.world;
  clock.once(`rollout:${kind}:${namespace}/${name}`, durations.controllerMs, () =>
    reconcile(rollouts, kind, namespace, name),
  );
}

function reconcile(rollouts: Rollouts, kind: string, namespace: string | undefined, name: string): void {
  const { world, notRolledOut } = rollouts;
  const one = world.store.get(kind, namespace, name);
  if (one === undefined || world.faults.controllersAway) return;
  const status = kind === 'Deployment' ? deploymentStatus(world, one) : podsStatus(world, one);
  world.store.update(kind, namespace, name, (draft) => {
    draft.spec = { updateStrategy: { type: 'RollingUpdate' }, ...draft.spec };
    if (kind === 'Deployment') delete draft.spec.updateStrategy;
    draft.status = { ...draft.status, ...status };
    if (draft.metadata.generation === undefined) draft.metadata.generation = 1;
    if (!notRolledOut.has(one.metadata.uid)) draft.status.observedGeneration = draft.metadata.generation;
    if (kind === 'Deployment') noteAvailable(world, draft);
  });
}

/** Wants as many pods of its newest ReplicaSet as it has replicas, and counts what that one has. */
function deploymentStatus(world: World, deployment: StoredObject): Record<string, unknown> {
  const { namespace } = deployment.metadata;
  const wanted = Number(deployment.spec?.replicas ?? 1);
  const set = newestSet(world, deployment) ?? createSet(world, deployment);
  if (set.spec?.replicas !== wanted)
    world.store.update('ReplicaSet', namespace, set.metadata.name, (draft) => {
      draft.spec.replicas = wanted;
    });
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = set.status ?? {};
  return {
    replicas,
    readyReplicas,
    availableReplicas,
    updatedReplicas: replicas,
    unavailableReplicas: Math.max(0, wanted - availableReplicas),
  };
}

function newestSet(world: World, deployment: StoredObject): StoredObject | undefined {
  const revision = (set: StoredObject) =>
    Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  return world.store
    .list('ReplicaSet', deployment.metadata.namespace)
    .filter((set) => controllerOf(set)?.uid === deployment.metadata.uid)
    .sort((one, other) => revision(other) - revision(one))[0];
}

function createSet(world: World, deployment: StoredObject): StoredObject {
  const { name, namespace, uid } = deployment.metadata;
  const { template, selector, replicas } = deployment.spec ?? {};
  const hash = hashText(JSON.stringify(template ?? {})).toString(36);
  const labels = { ...template?.metadata?.labels, 'pod-template-hash': hash };
  return world.store.create({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      annotations: { 'deployment.kubernetes.io/revision': '1' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      replicas: Number(replicas ?? 1),
      selector: { matchLabels: { ...selector?.matchLabels, 'pod-template-hash': hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  }).object;
}

/** `kubectl wait --for=condition=Available` reads it. */
function noteAvailable(world: World, deployment: StoredObject): void {
  const { availableReplicas } = deployment.status;
  const unavailableMax = deployment.spec?.strategy?.rollingUpdate?.maxUnavailable ?? 0;
  const wanted = Number(deployment.spec?.replicas ?? 1);
  // A share of the replicas is rounded down: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-unavailable
  const missingMax =
    typeof unavailableMax === 'string'
      ? Math.floor((wanted * Number.parseInt(unavailableMax, 10)) / 100)
      : Number(unavailableMax);
  const isAvailable = availableReplicas >= wanted - missingMax;
  const known: { type: string; status: string }[] = deployment.status.conditions ?? [];
  const status = isAvailable ? 'True' : 'False';
  if (known.some((condition) => condition.type === 'Available' && condition.status === status)) return;
  setCondition(deployment, {
    type: 'Available',
    status,
    reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: isAvailable
      ? 'Deployment has minimum availability.'
      : 'Deployment does not have minimum availability.',
    lastTransitionTime: kubernetesTime(world.nowMs()),
  });
}

function podsStatus(world: World, owner: StoredObject): Record<string, unknown> {
  // The world itself counts the members of StatefulSets.
  if (owner.kind === 'StatefulSet') return {};
  const pods = world.pods.ownedBy(owner.metadata.uid).filter((pod) => !hasEnded(pod) && !isTerminating(pod));
  const ready = pods.filter(isReady).length;
  return {
    desiredNumberScheduled: pods.length,
    currentNumberScheduled: pods.length,
    updatedNumberScheduled: pods.length,
    numberReady: ready,
    numberAvailable: ready,
    numberMisscheduled: 0,
  };
}
