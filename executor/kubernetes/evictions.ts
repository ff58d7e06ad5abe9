/**
 * Evictions: the one way in which a pod is ever removed. Its answers, as recorded from a real API server, are named here.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
import { z } from 'zod';
import type { EvictionAnswer, KubernetesPort } from '../ports.ts';
import { isMissing } from './objects.ts';
import { type Rest, type RestAnswer, statusMessage, unexpected } from './rest.ts';

const causesSchema = z.object({
  details: z.object({
    causes: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })),
  }),
});

/**
 * Asks for the eviction of exactly this pod, and where a resourceVersion is given, of the pod as it was looked at: the UID is
 * a precondition, for a StatefulSet brings a pod back under its old name. Throws OutsideError where the answer says nothing about the pod (throttling, 5xx, no answer).
 */
export async function evict(
  rest: Rest,
  pod: Parameters<KubernetesPort['evict']>[0],
): Promise<EvictionAnswer> {
  const { namespace, name } = pod;
  const answer = await rest.send({
    method: 'POST',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/eviction`,
    body: evictionBody(pod),
  });
  return nameAnswer(answer, name);
}

/** Pure: the body of the request. */
export function evictionBody(pod: Parameters<KubernetesPort['evict']>[0]): unknown {
  const { namespace, name, uid, resourceVersion } = pod;
  return {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) } },
  };
}

/** Pure: the named answer to an eviction of pod `name`; throws OutsideError for answers about something else. */
export function nameAnswer(answer: RestAnswer, name: string): EvictionAnswer {
  const message = statusMessage(answer) ?? '';
  switch (answer.status) {
    case 200:
    case 201:
      return { kind: 'evicted' };
    case 404:
      if (isMissing(answer, name)) return { kind: 'gone' };
      throw unexpected(answer);
    case 409:
      if (message.includes('ResourceVersion in the precondition')) return { kind: 'conflict' };
      // Other conflicts (two writers at once) say nothing about who the pod is now: the next pass looks again.
      if (message.includes('UID in the precondition')) return { kind: 'replaced' };
      throw unexpected(answer);
    case 429: {
      // The server's own throttling is a 429 too, but without this cause.
      const budget = budgetCause(answer);
      if (budget === undefined) throw unexpected(answer);
      return { kind: 'budget', message: budget };
    }
    case 500:
      if (message.includes('more than one PodDisruptionBudget')) return { kind: 'budget', message };
      throw unexpected(answer);
    case 400:
    case 403:
    case 422:
      return { kind: 'forbidden', message };
    default:
      throw unexpected(answer);
  }
}

function budgetCause(answer: RestAnswer): string | undefined {
  const parsed = causesSchema.safeParse(answer.body);
  if (!parsed.success) return undefined;
  const cause = parsed.data.details.causes.find((each) => each.reason === 'DisruptionBudget');
  return cause === undefined ? undefined : (cause.message ?? statusMessage(answer) ?? '');
}
