import { asObject, type JsonObject, listIn, objectIn } from './raw-json.ts';

/** Time seen so far; it only grows. */
export type Newest = { at: string | undefined };

/**
 * When the snapshot was taken, as near as its objects tell: the newest time in them (RFC 3339, UTC, whole seconds), which is
 * a node's heartbeat or Patroni's last renewal of a lock. Undefined where there is no time in them.
 */
export function noteTimes(newest: Newest, json: JsonObject): void {
  const metadata = objectIn(json, 'metadata');
  look(newest, metadata.creationTimestamp);
  look(newest, objectIn(metadata, 'annotations').renewTime);
  for (const condition of listIn(objectIn(json, 'status'), 'conditions')) {
    const { lastHeartbeatTime, lastTransitionTime } = asObject(condition);
    look(newest, lastHeartbeatTime);
    look(newest, lastTransitionTime);
  }
}

/** Only times in UTC are compared; texts of that form sort like the times they name. */
function look(newest: Newest, written: unknown): void {
  if (typeof written !== 'string' || (newest.at !== undefined && written <= newest.at)) return;
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(?:Z|\+00:00)$/.exec(written);
  if (match === null) return;
  const time = `${match[1]}Z`;
  if (newest.at === undefined || time > newest.at) newest.at = time;
}
