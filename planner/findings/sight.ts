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
  const sorted = [...sights].sort((a, b) => compareText(a.subject, b.subject));
  const [first] = sorted;
  if (first === undefined) return [];
  const examples = sorted.slice(0, examplesMax).map((sight) => sight.subject);
  return [{ code, severity, count: sorted.length, examples, ...first }];
}

/** Returns the command that runs patronictl in a member's pod. */
export function patronictl(cluster: DatabaseCluster, member: string, command: string): string {
  return `kubectl -n ${cluster.namespace} exec ${member} -- patronictl ${command}`;
}
