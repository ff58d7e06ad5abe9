/**
 * What the API server says about itself: version, health, groups and resources.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
import { aggregatedDocument, wantsAggregated } from './aggregated-discovery.ts';
import { type Answer, jsonAnswer, textAnswer } from './answer.ts';
import { openApiAt } from './openapi.ts';
import {
  groupVersion,
  type ResourceType,
  resourceTypes,
  type Subresource,
  subresourceKind,
} from './resources.ts';
import { resourceNotFound } from './status.ts';

const version = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2+switchyard.simulation',
  gitCommit: '$Format:%H$',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'linux/amd64',
};

/** The document at `path`, a 404 when there is none. `accept` is what the client takes. */
export function documentAt(path: string, verbose: boolean, accept: string): Answer {
  if ((path === '/api' || path === '/apis') && wantsAggregated(accept))
    return aggregatedDocument(path === '/api' ? 'core' : 'others');
  switch (path) {
    case '/version':
      return jsonAnswer(200, version);
    case '/livez':
    case '/readyz':
    case '/healthz':
      return textAnswer(200, verbose ? `[+]ping ok\n${path.slice(1)} check passed\n` : 'ok');
    case '/api':
      return jsonAnswer(200, coreVersions());
    case '/apis':
      return jsonAnswer(200, {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: groupNames().map(groupEntry),
      });
    default:
      return openApiAt(path) ?? groupDocument(path);
  }
}

function coreVersions(): Record<string, unknown> {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
  };
}

function groupNames(): string[] {
  return [...new Set(resourceTypes.map((type) => type.group))].filter((group) => group !== '');
}

function groupEntry(name: string): Record<string, unknown> {
  const preferred = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [preferred], preferredVersion: preferred };
}

function groupDocument(path: string): Answer {
  const [root, group, groupsVersion, ...more] = path.slice(1).split('/');
  if (root === 'api' && group === 'v1' && groupsVersion === undefined) return resourceList('');
  if (root !== 'apis' || group === undefined || more.length > 0) return unknownPath();
  if (!groupNames().includes(group)) return unknownPath();
  if (groupsVersion === undefined)
    return jsonAnswer(200, { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) });
  return groupsVersion === 'v1' ? resourceList(group) : resourceNotFound();
}

/** A path that no part of the server knows: plain text, as Go's mux answers. */
export function unknownPath(): Answer {
  return textAnswer(404, '404 page not found\n');
}

function resourceList(group: string): Answer {
  const types = resourceTypes.filter((type) => type.group === group);
  const resources = types.flatMap((type) => [
    resourceEntry(type),
    ...[...type.subresources].sort().map((subresource) => subresourceEntry(type, subresource)),
  ]);
  const head = group === '' ? { kind: 'APIResourceList' } : { kind: 'APIResourceList', apiVersion: 'v1' };
  return jsonAnswer(200, { ...head, groupVersion: groupVersion({ group, version: 'v1' }), resources });
}

function resourceEntry(type: ResourceType): Record<string, unknown> {
  return {
    name: type.plural,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs: type.verbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
  };
}

function subresourceEntry(type: ResourceType, subresource: Subresource): Record<string, unknown> {
  const entry = { name: `${type.plural}/${subresource}`, singularName: '', namespaced: type.namespaced };
  return { ...entry, ...subresourceKind(type, subresource) };
}
