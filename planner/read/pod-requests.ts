import type { Resources } from '../model.ts';
import { asObject, isObject, type JsonObject, listIn, newRecord, objectIn } from './raw-json.ts';
import { type FoundObject, type Reading, readQuantities } from './reading.ts';

type Amounts = Record<string, number>;

/**
 * What the scheduler counts for a pod: the containers and sidecars together or the largest moment of starting up, whichever
 * is more, then what the pod as a whole asks for, its overhead, and one pod. Units as in Resources, rounded up.
 * https://github.com/kubernetes/component-helpers/blob/v0.36.0/resource/helpers.go (PodRequests). A pod that has ended counts nothing.
 */
export function podRequests(reading: Reading, found: FoundObject, ended: boolean): Resources {
  if (ended) return nothingAsked;
  const { share } = reading;
  return share.requests(askedBy(found.json), () => sumOf(reading, found));
}

const nothingAsked: Resources = Object.freeze(newRecord<number>());

/** Everything that the sum depends on, and nothing in which the pods of one workload differ. */
function askedBy(json: JsonObject): readonly unknown[] {
  const spec = objectIn(json, 'spec');
  const status = objectIn(json, 'status');
  const asked: unknown[] = [spec.overhead, spec.resources, status.resources, status.allocatedResources];
  const given = resizable(status);
  for (const container of listIn(spec, 'containers'))
    asked.push(asObject(container).resources, givenTo(given, container));
  const initContainers = listIn(spec, 'initContainers');
  if (initContainers.length > 0) asked.push('init');
  for (const container of initContainers)
    asked.push(asObject(container).restartPolicy, asObject(container).resources, givenTo(given, container));
  if (given.size > 0) asked.push(isInfeasible(status));
  return asked;
}

function sumOf(reading: Reading, found: FoundObject): Resources {
  const spec = objectIn(found.json, 'spec');
  const status = objectIn(found.json, 'status');
  const given = resizable(status);
  const read = (field: string, written: unknown) =>
    readQuantities(reading, found.place, () => field, written, 'up');
  const running: Amounts = newRecord();
  listIn(spec, 'containers').forEach((container, index) => {
    addTo(running, containerRequests(reading, found, container, { list: 'containers', index, given }));
  });
  atLeast(running, addStartingUp(reading, found, running, given));
  const whole = read('spec.resources.requests', objectIn(spec, 'resources').requests);
  for (const resource of Object.keys(whole))
    if (isCountedForWhole(resource)) running[resource] = whole[resource] ?? 0;
  if (Object.keys(whole).length > 0) {
    atLeast(running, read('status.resources.requests', objectIn(status, 'resources').requests));
    atLeast(running, read('status.allocatedResources', status.allocatedResources));
  }
  addTo(running, read('spec.overhead', spec.overhead));
  addTo(running, { pods: 1 });
  return sortedAmounts(running);
}

/** Requests of the pod as a whole are known for these: https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/ */
function isCountedForWhole(resource: string): boolean {
  return resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-');
}

/**
 * Init containers run one after another, each beside the sidecars (restartPolicy Always) that stand before it. Sidecars go on
 * running and so are added to `running`; returned is the most that any moment of starting up needs.
 */
function addStartingUp(reading: Reading, found: FoundObject, running: Amounts, given: Given): Amounts {
  const sidecars: Amounts = newRecord();
  const peak: Amounts = newRecord();
  listIn(objectIn(found.json, 'spec'), 'initContainers').forEach((container, index) => {
    const isSidecar = asObject(container).restartPolicy === 'Always';
    const about = { list: 'initContainers', index, given: isSidecar ? given : nobody } as const;
    const asked = containerRequests(reading, found, container, about);
    if (isSidecar) {
      addTo(running, asked);
      addTo(sidecars, asked);
      atLeast(peak, sidecars);
      return;
    }
    addTo(asked, sidecars);
    atLeast(peak, asked);
  });
  return peak;
}

/** Statuses by container name, of those that say what the container has been given, and where they stand. */
type Given = ReadonlyMap<unknown, { readonly field: string; readonly status: JsonObject }>;
const nobody: Given = new Map();

/**
 * A container that is resized in place has been given what it does not ask for yet, or any more.
 * https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
function resizable(status: JsonObject): Given {
  let given: Map<unknown, { field: string; status: JsonObject }> | undefined;
  for (const list of ['containerStatuses', 'initContainerStatuses'])
    for (const [index, each] of listIn(status, list).entries()) {
      if (!isObject(each) || (each.resources === undefined && each.allocatedResources === undefined))
        continue;
      given ??= new Map();
      given.set(each.name, { field: `status.${list}[${index}]`, status: each });
    }
  return given ?? nobody;
}

function givenTo(given: Given, container: unknown): readonly unknown[] | undefined {
  const known = given.size === 0 ? undefined : given.get(asObject(container).name);
  return known === undefined ? undefined : [known.status.resources, known.status.allocatedResources];
}

/** The node cannot do what is asked for: then only what has been given counts. */
function isInfeasible(status: JsonObject): boolean {
  return listIn(status, 'conditions').some((condition) => {
    const { type, reason } = asObject(condition);
    return type === 'PodResizePending' && reason === 'Infeasible';
  });
}

/**
 * The most of what the container asks for and has been given. A limit without a request is a request too: the API server fills
 * it in when the pod is made.
 */
function containerRequests(
  reading: Reading,
  found: FoundObject,
  container: unknown,
  { list, index, given }: { readonly list: string; readonly index: number; readonly given: Given },
): Amounts {
  const read = (field: string, written: unknown) =>
    readQuantities(reading, found.place, () => field, written, 'up');
  const field = `spec.${list}[${index}].resources`;
  const resources = objectIn(asObject(container), 'resources');
  const asked = Object.assign(
    read(`${field}.limits`, resources.limits),
    read(`${field}.requests`, resources.requests),
  );
  const known = given.get(asObject(container).name);
  if (known === undefined) return asked;
  const { status } = known;
  const has = read(`${known.field}.resources.requests`, objectIn(status, 'resources').requests);
  atLeast(has, read(`${known.field}.allocatedResources`, status.allocatedResources));
  if (!isInfeasible(objectIn(found.json, 'status'))) atLeast(has, asked);
  return has;
}

/** Sums stay within what is exact; a pod that asks for so much fits nowhere anyway. */
function addTo(sum: Amounts, more: Resources): void {
  for (const resource of Object.keys(more))
    sum[resource] = Math.min(Number.MAX_SAFE_INTEGER, (sum[resource] ?? 0) + (more[resource] ?? 0));
}

function atLeast(sum: Amounts, floor: Resources): void {
  for (const resource of Object.keys(floor))
    sum[resource] = Math.max(sum[resource] ?? 0, floor[resource] ?? 0);
}

function sortedAmounts(amounts: Amounts): Resources {
  const sorted: Amounts = newRecord();
  for (const resource of Object.keys(amounts).sort()) sorted[resource] = amounts[resource] ?? 0;
  return sorted;
}
