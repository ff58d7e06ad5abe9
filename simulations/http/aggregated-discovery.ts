/**
 * Discovery of everything in two documents, as kubectl asks for it first.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
 */
import { wantedForm } from './accept.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { type ResourceType, resourceTypes, type Subresource, subresourceKind } from './resources.ts';

/** True where the client takes the aggregated document, at the version that is written here, before a plain one. */
export function wantsAggregated(accept: string): boolean {
  return wantedForm(accept, 'apidiscovery.k8s.io', 'v2') === 'APIGroupDiscoveryList';
}

/** Every resource of the core group, or of all the others. */
export function aggregatedDocument(which: 'core' | 'others'): Answer {
  const groups = [...new Set(resourceTypes.map((type) => type.group))];
  const shown = groups.filter((group) => (group === '') === (which === 'core'));
  const body = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: shown.map(groupEntry),
  };
  return {
    ...jsonAnswer(200, body),
    contentType: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  };
}

function groupEntry(group: string): Record<string, unknown> {
  const resources = resourceTypes.filter((type) => type.group === group).map(resourceEntry);
  return {
    metadata: group === '' ? {} : { name: group },
    versions: [{ version: 'v1', resources, freshness: 'Current' }],
  };
}

function resourceEntry(type: ResourceType): Record<string, unknown> {
  const subresources = [...type.subresources]
    .sort()
    .map((subresource) => subresourceEntry(type, subresource));
  return {
    resource: type.plural,
    // Empty: the group and version that the resource is listed under.
    responseKind: { group: '', version: '', kind: type.kind },
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: type.verbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

function subresourceEntry(type: ResourceType, subresource: Subresource): Record<string, unknown> {
  const { group = '', version = '', kind, verbs } = subresourceKind(type, subresource);
  return { subresource, responseKind: { group, version, kind }, verbs };
}
