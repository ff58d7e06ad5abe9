/**
 * What one look at a cluster, budget or pod found, and how sights of one kind become one finding.
 */
import type { FindingCode } from '../codes.ts';
import type { DatabaseCluster } from '../model.ts';
import { compareText } from '../order.ts';
import type { Facts, Finding, Severity } from '../plan.ts';

export type Sight = { readonly subject: string; readonly facts: Facts; readonly fix?: string };

/** At most this many subjects are named where many are alike. */
const examplesMax = 5;

/** Returns one finding for all sights of a code, the first of them by name in full; none where nothing was seen. */
export function gather(code: FindingCode, severity: Severity, sights: readonly Sight[]): readonly Finding[] {
  const named = firstByName(sights);
  const [first] = named;
  if (first === undefined) return [];
  const examples = named.map((sight) => sight.subject);
  return [{ code, severity, count: sights.length, examples, ...first }];
}

/** Ten thousand clusters may be alike in something: only the few that are named are put in order. */
function firstByName(sights: readonly Sight[]): readonly Sight[] {
  const first: Sight[] = [];
  for (const sight of sights) {
    const last = first[examplesMax - 1];
    if (last !== undefined && compareText(sight.subject, last.subject) >= 0) continue;
    const place = first.findIndex((each) => compareText(sight.subject, each.subject) < 0);
    first.splice(place < 0 ? first.length : place, 0, sight);
    if (first.length > examplesMax) first.pop();
  }
  return first;
}

/** Returns the command that runs patronictl in a member's pod. */
export function patronictl(cluster: DatabaseCluster, member: string, command: string): string {
  return `kubectl -n ${cluster.namespace} exec ${member} -- patronictl ${command}`;
}
