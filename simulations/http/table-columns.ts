/** The columns of `kubectl get`: of nodes, pods and budgets here, of the other kinds that a fleet is made of beside it. */
import {
  ageColumn,
  type Column,
  column,
  fields,
  list,
  metadata,
  nameColumn,
  none,
  spec,
  status,
  text,
} from './column.ts';
import type { JsonObject } from './json.ts';
import { serviceColumns } from './service-columns.ts';
import { storageColumns } from './storage-columns.ts';
import { workloadColumns } from './workload-columns.ts';

/** The columns of a kind, in order. */
export function columnsOf(kind: string): readonly Column[] {
  switch (kind) {
    case 'Node':
      return nodeColumns;
    case 'Pod':
      return podColumns;
    case 'PodDisruptionBudget':
      return budgetColumns;
    default:
      return workloadColumns(kind) ?? storageColumns(kind) ?? serviceColumns(kind) ?? [nameColumn, ageColumn];
  }
}

const nodeColumns: readonly Column[] = [
  nameColumn,
  column('Status', nodeStatus),
  column('Roles', nodeRoles),
  ageColumn,
  column('Version', (node) => text(fields(status(node).nodeInfo).kubeletVersion, '')),
  column('Internal-IP', (node) => addressOf(node, 'InternalIP'), true),
  column('External-IP', (node) => addressOf(node, 'ExternalIP'), true),
  column('OS-Image', (node) => text(fields(status(node).nodeInfo).osImage, '<unknown>'), true),
  column('Kernel-Version', kernelOf, true),
  column(
    'Container-Runtime',
    (node) => text(fields(status(node).nodeInfo).containerRuntimeVersion, '<unknown>'),
    true,
  ),
];

function nodeStatus(node: JsonObject): string {
  const ready = list(status(node).conditions).find((condition) => condition.type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec(node).unschedulable === true ? `${word},SchedulingDisabled` : word;
}

function nodeRoles(node: JsonObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(fields(metadata(node).labels))
    .filter((label) => label.startsWith(prefix))
    .map((label) => label.slice(prefix.length));
  return text(roles.sort().join(','));
}

function addressOf(node: JsonObject, type: string): string {
  return text(list(status(node).addresses).find((address) => address.type === type)?.address);
}

function kernelOf(node: JsonObject): string {
  const { kernelVersion, architecture } = fields(status(node).nodeInfo);
  if (kernelVersion === undefined) return '<unknown>';
  return architecture === undefined
    ? String(kernelVersion)
    : `${String(kernelVersion)} (${String(architecture)})`;
}

const podColumns: readonly Column[] = [
  nameColumn,
  column('Ready', (pod) => `${readyContainers(pod)}/${list(spec(pod).containers).length}`),
  column('Status', podStatus),
  column('Restarts', (pod) =>
    String(statusesOf(pod).reduce((sum, one) => sum + Number(one.restartCount ?? 0), 0)),
  ),
  ageColumn,
  column('IP', (pod) => text(status(pod).podIP), true),
  column('Node', (pod) => text(spec(pod).nodeName), true),
  column('Nominated Node', (pod) => text(status(pod).nominatedNodeName), true),
  column('Readiness Gates', () => none, true),
];

function statusesOf(pod: JsonObject): readonly JsonObject[] {
  return list(status(pod).containerStatuses);
}

/** A pod that nobody told container by container is as ready as its condition says. */
function readyContainers(pod: JsonObject): number {
  const told = statusesOf(pod);
  if (told.length > 0) return told.filter(({ ready }) => ready === true).length;
  const ready = list(status(pod).conditions).find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' ? list(spec(pod).containers).length : 0;
}

function podStatus(pod: JsonObject): string {
  if (metadata(pod).deletionTimestamp !== undefined) return 'Terminating';
  const waiting = statusesOf(pod).find(({ state }) => fields(fields(state).waiting).reason !== undefined);
  const reason = waiting === undefined ? status(pod).reason : fields(fields(waiting.state).waiting).reason;
  return text(reason, text(status(pod).phase, 'Unknown'));
}

const budgetColumns: readonly Column[] = [
  nameColumn,
  column('Min Available', (budget) => text(spec(budget).minAvailable, 'N/A')),
  column('Max Unavailable', (budget) => text(spec(budget).maxUnavailable, 'N/A')),
  column('Allowed Disruptions', (budget) => Number(status(budget).disruptionsAllowed ?? 0), false, 'integer'),
  ageColumn,
];
