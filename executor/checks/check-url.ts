/** The address at which it is asked what goes on in a cluster, with names in braces that are filled in. */
import type { ActivityPort } from '../ports.ts';

type Names = Parameters<ActivityPort['readActivity']>[0];

/** Returns the address for these names, each escaped as a part of a path or query. */
export function checkUrlFor(template: string, names: Names): string {
  return template
    .replaceAll('{namespace}', encodeURIComponent(names.namespace))
    .replaceAll('{cluster}', encodeURIComponent(names.cluster))
    .replaceAll('{member}', encodeURIComponent(names.member));
}

/** Returns what is wrong with it; undefined: it will do. One that does not name the cluster would give all the same answer. */
export function wrongInCheckUrl(template: string): string | undefined {
  const filled = checkUrlFor(template, { namespace: 'n', cluster: 'c', member: 'm' });
  if (!/^https?:\/\/./.test(filled) || !URL.canParse(filled)) {
    return 'expected http:// or https://';
  }
  if (/[{}]/.test(filled)) {
    return 'expected no other braces than {namespace}, {cluster} and {member}';
  }
  return /\{(cluster|member)\}/.test(template) ? undefined : 'expected {cluster} or {member} in it';
}
