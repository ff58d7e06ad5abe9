/**
 * POST pods/eviction and DELETE pod, with the answers of a real server.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/storage/eviction.go
 */

import type { ApiAnswer } from './answers.ts';
import { finishDeletion } from './finish-deletion.ts';
import { kubernetesTime, type StoredObject } from './object-store.ts';
import { hasEnded, isReady, isTerminating, nodeNameOf, phaseOf, setCondition } from './read-objects.ts';
import type { World } from './world.ts';

// biome-ignore lint/suspicious/noExplicitAny: the body of a request is whatever a client sent.
type Body = any;

/** Returns the answer to an eviction, and begins the deletion where it is admitted. */
export function evictPod(
  world: World,
  namespace: string,
  name: string,
  body: Body,
  query: { dryRun?: string } = {},
): ApiAnswer {
  const named: unknown = body?.metadata?.name;
  if (typeof named === 'string' && named !== '' && named !== name) {
    return failure(400, 'BadRequest', 'name in URL does not match name in Eviction object');
  }
  const pod = world.store.get('Pod', namespace, name);
  if (pod === undefined) return podNotFound(name);
  const options = body?.deleteOptions ?? {};
  const conflict = brokenPrecondition(pod, options.preconditions, 'Pod');
  if (conflict !== undefined) return conflict;
  const dryRun = query.dryRun === 'All' || (options.dryRun ?? []).includes('All');
  const refusal = admitByBudget(world, pod, dryRun);
  if (refusal !== undefined) return refusal;
  if (!dryRun) removeByEviction(world, pod, options.gracePeriodSeconds);
  return {
    status: 201,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  };
}

/** Undefined: the eviction may go on, and the budget has been charged for it unless `dryRun`. */
function admitByBudget(world: World, pod: StoredObject, dryRun: boolean): ApiAnswer | undefined {
  // Ended, pending and terminating pods are evicted whatever a budget says (canIgnorePDB).
  if (hasEnded(pod) || phaseOf(pod) === 'Pending' || isTerminating(pod)) return undefined;
  const budgets = world.budgets.matching(pod);
  if (budgets.length > 1) {
    const message =
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    return {
      status: 500,
      body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 },
    };
  }
  const budget = budgets[0];
  if (budget === undefined || (!isReady(pod) && unhealthyMayGo(budget))) return undefined;
  const status = budget.status ?? {};
  if (Number(status.observedGeneration ?? 0) < Number(budget.metadata.generation ?? 1)) {
    return tooMany(
      `The disruption budget ${budget.metadata.name} is still being processed by the server.`,
      10,
    );
  }
  if (Number(status.disruptionsAllowed ?? 0) <= 0) {
    return tooMany(
      `The disruption budget ${budget.metadata.name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`,
    );
  }
  if (!dryRun) charge(world, budget, pod);
  return undefined;
}

/** KEP-3017: IfHealthyBudget (the default) lets an unready pod go only while the budget is met and wants somebody healthy. */
function unhealthyMayGo(budget: StoredObject): boolean {
  if (budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const desired = Number(budget.status?.desiredHealthy ?? 0);
  return desired > 0 && Number(budget.status?.currentHealthy ?? 0) >= desired;
}

function charge(world: World, budget: StoredObject, pod: StoredObject): void {
  world.store.updateStatus(
    'PodDisruptionBudget',
    budget.metadata.namespace,
    budget.metadata.name,
    (draft) => {
      draft.status.disruptionsAllowed -= 1;
      draft.status.disruptedPods = {
        ...draft.status.disruptedPods,
        [pod.metadata.name]: kubernetesTime(world.nowMs()),
      };
    },
  );
}

function removeByEviction(world: World, pod: StoredObject, graceSeconds: number | undefined): void {
  if (isTerminating(pod)) return;
  world.noteEviction(pod);
  world.store.updateStatus('Pod', pod.metadata.namespace, pod.metadata.name, (draft) =>
    setCondition(draft, {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
      lastTransitionTime: kubernetesTime(world.nowMs()),
    }),
  );
  terminate(world, pod, graceSeconds);
}

/** DELETE: 200 with the pod as it then is; 404; 409 for a broken precondition. No budget is asked. */
export function deletePodByName(world: World, namespace: string, name: string, body: Body): ApiAnswer {
  const pod = world.store.get('Pod', namespace, name);
  if (pod === undefined) return podNotFound(name);
  const conflict = brokenPrecondition(pod, body?.preconditions, 'Pod');
  if (conflict !== undefined) return conflict;
  const dryRun = (body?.dryRun ?? []).includes('All');
  if (!dryRun) terminate(world, pod, body?.gracePeriodSeconds);
  return { status: 200, body: world.store.get('Pod', namespace, name) ?? pod };
}

/** Graceful deletion: marked, and gone once its kubelet has stopped it; at once when it never ran or with grace 0. */
function terminate(world: World, pod: StoredObject, graceSeconds: number | undefined): void {
  const { namespace, name } = pod.metadata;
  const grace = graceSeconds ?? Number(pod.spec?.terminationGracePeriodSeconds ?? 30);
  if (nodeNameOf(pod) === undefined || hasEnded(pod) || grace === 0) {
    finishDeletion(world, pod);
    return;
  }
  if (isTerminating(pod)) return;
  world.store.update('Pod', namespace, name, (draft) => {
    draft.metadata.deletionTimestamp = kubernetesTime(world.nowMs() + grace * 1000);
    draft.metadata.deletionGracePeriodSeconds = grace;
    draft.metadata.generation = (draft.metadata.generation ?? 1) + 1;
  });
}

/** The 409 of a UID or resourceVersion that is not the stored one; undefined: both hold. */
export function brokenPrecondition(
  stored: StoredObject,
  preconditions: { uid?: string; resourceVersion?: string } | undefined,
  kind: string,
): ApiAnswer | undefined {
  const { name, uid, resourceVersion } = stored.metadata;
  const mismatch =
    preconditions?.uid !== undefined && preconditions.uid !== uid
      ? `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`
      : preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion
        ? `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`
        : undefined;
  if (mismatch === undefined) return undefined;
  const message = `Operation cannot be fulfilled on ${kind} "${name}": ${mismatch}`;
  return failure(409, 'Conflict', message, { name, kind });
}

function podNotFound(name: string): ApiAnswer {
  return failure(404, 'NotFound', `pods "${name}" not found`, { name, kind: 'pods' });
}

function tooMany(cause: string, retryAfterSeconds?: number): ApiAnswer {
  const details = {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  const answer = failure(429, 'TooManyRequests', message, details);
  return retryAfterSeconds === undefined
    ? answer
    : { ...answer, headers: { 'Retry-After': String(retryAfterSeconds) } };
}

/** A Status of kind Failure. */
export function failure(status: number, reason: string, message: string, details?: unknown): ApiAnswer {
  return {
    status,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details === undefined ? {} : { details }),
      code: status,
    },
  };
}
