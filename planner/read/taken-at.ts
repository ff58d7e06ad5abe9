import type { CollectedObjects } from './collect-objects.ts';
import { listAt, textAt } from './raw-json.ts';

/**
 * When the snapshot was taken, as near as its objects tell: the newest time in them (RFC 3339, UTC, whole seconds), which is
 * a node's heartbeat or Patroni's last renewal of a lock. Undefined where there is no time in them.
 */
export function takenAt(objects: CollectedObjects): string | undefined {
  let newest: string | undefined;
  const look = (written: string | undefined) => {
    const time = wholeSeconds(written);
    if (time !== undefined && (newest === undefined || time > newest)) newest = time;
  };
  for (const kind of ['Node', 'Pod', 'Endpoints', 'ConfigMap']) {
    for (const { json } of objects.of(kind)) {
      look(textAt(json, 'metadata', 'creationTimestamp'));
      look(textAt(json, 'metadata', 'annotations', 'renewTime'));
      for (const condition of listAt(json, 'status', 'conditions')) {
        look(textAt(condition, 'lastHeartbeatTime'));
        look(textAt(condition, 'lastTransitionTime'));
      }
    }
  }
  return newest;
}

/** Only times in UTC are compared; texts of that form sort like the times they name. */
function wholeSeconds(written: string | undefined): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(?:Z|\+00:00)$/.exec(written ?? '');
  return match === null ? undefined : `${match[1]}Z`;
}
