/**
 * The columns of `kubectl get` for the kinds that a node replacement looks at; all others have a name and an age.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
 */
import { isJsonObject, type JsonObject } from './json.ts';

export type Column = {
  readonly name: string;
  readonly type: 'string' | 'integer';
  /** Shown with -o wide only. */
  readonly isWide: boolean;
  readonly cell: (object: JsonObject, nowMs: number) => string | number;
};

function column(name: string, cell: Column['cell'], isWide = false, type: Column['type'] = 'string'): Column {
  return { name, type, isWide, cell };
}

function fields(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function list(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

const none = '<none>';
const text = (value: unknown, missing = none): string =>
  value === undefined || value === '' ? missing : String(value);
const spec = (object: JsonObject) => fields(object.spec);
const status = (object: JsonObject) => fields(object.status);
const metadata = (object: JsonObject) => fields(object.metadata);

const nameColumn = column('Name', (object) => text(metadata(object).name, ''));
const ageColumn = column('Age', (object, nowMs) => shownAge(metadata(object).creationTimestamp, nowMs));

/** The columns of a kind, in order. */
export function columnsOf(kind: string): readonly Column[] {
  switch (kind) {
    case 'Node':
      return nodeColumns;
    case 'Pod':
      return podColumns;
    case 'PodDisruptionBudget':
      return budgetColumns;
    case 'StatefulSet':
      return setColumns;
    default:
      return [nameColumn, ageColumn];
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

const setColumns: readonly Column[] = [
  nameColumn,
  column('Ready', (set) => `${Number(status(set).readyReplicas ?? 0)}/${Number(spec(set).replicas ?? 1)}`),
  ageColumn,
  column('Containers', (set) => containersOf(set, 'name'), true),
  column('Images', (set) => containersOf(set, 'image'), true),
];

function containersOf(set: JsonObject, field: 'name' | 'image'): string {
  const containers = list(fields(fields(spec(set).template).spec).containers);
  return containers.map((container) => String(container[field] ?? '')).join(',');
}

/** https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go (HumanDuration) */
function shownAge(created: unknown, nowMs: number): string {
  if (typeof created !== 'string') return '<unknown>';
  const seconds = Math.floor((nowMs - Date.parse(created)) / 1000);
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ];
  const two = (large: string, small: number, unit: string) =>
    small === 0 ? large : `${large}${small}${unit}`;
  if (seconds < -1) return '<invalid>';
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  if (minutes < 10) return two(`${minutes}m`, seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return two(`${hours}h`, minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return two(`${days}d`, hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 2920 ? two(`${years}y`, days % 365, 'd') : `${years}y`;
}
