/**
 * Events beside nodes and pods, as `kubectl describe` shows them. core/v1 and not events.k8s.io/v1: both are one store, and
 * older readers know the fields of the first only.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import type { FleetEvent, FleetMirror } from '../ports.ts';
import { getPod } from './pods.ts';
import { type Rest, unexpected } from './rest.ts';

/** The API server refuses longer notes of events.k8s.io, and readers cut them. */
const NOTE_LENGTH_MAX = 1_024;

/**
 * Writes the Event; one of that name was written before and is left. Throws OutsideError on any other answer. `mirror`: where the UID of
 * a pod is looked up, if it is current.
 */
export async function recordEvent(rest: Rest, event: FleetEvent, mirror?: FleetMirror): Promise<void> {
  const known = await withUid(rest, event, mirror);
  const path = `/api/v1/namespaces/${encodeURIComponent(namespaceOf(event))}/events`;
  const answer = await rest.send({ method: 'POST', path, body: eventBody(known) });
  if (answer.status !== 201 && answer.status !== 409) throw unexpected(answer);
}

async function withUid(rest: Rest, event: FleetEvent, mirror: FleetMirror | undefined): Promise<FleetEvent> {
  const { about } = event;
  if (about.kind === 'Node' || about.uid !== undefined) return event;
  const { namespace, name } = about;
  const isCurrent = mirror?.isCurrent(['Pod']) === true;
  const pod = isCurrent ? await mirror.getPod(namespace, name) : await getPod(rest, namespace, name);
  return pod === undefined ? event : { ...event, about: { ...about, uid: pod.uid } };
}

/** Pure: the object to be created. */
export function eventBody(event: FleetEvent) {
  const { about, reason, type, by } = event;
  // Whole seconds: the type is Time, not MicroTime.
  const at = `${new Date(event.atMs).toISOString().slice(0, 19)}Z`;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: event.name, namespace: namespaceOf(event) },
    involvedObject: {
      apiVersion: 'v1',
      // The kubelet names nodes by their name in place of the UID too, and `kubectl describe node` looks for both.
      ...(about.kind === 'Node' ? { ...about, uid: about.name } : about),
    },
    reason,
    message: event.note.slice(0, NOTE_LENGTH_MAX),
    type,
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    source: { component: 'switchyard', host: by },
    reportingComponent: 'switchyard.dev/worker',
    reportingInstance: by,
  };
}

/** Objects without namespace have their Events in `default`: the API server takes no other. */
function namespaceOf({ about }: FleetEvent): string {
  return about.kind === 'Node' ? 'default' : about.namespace;
}
