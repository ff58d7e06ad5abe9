import type { Resources } from '../model.ts';
import { at, listAt } from './raw-json.ts';
import { type FoundObject, type Reading, readQuantities } from './reading.ts';

type Amounts = Record<string, number>;

/**
 * What the scheduler counts for a pod: the containers and sidecars together or the largest moment of starting up, whichever
 * is more, then what the pod as a whole asks for, its overhead, and one pod. Units as in Resources, rounded up.
 * https://github.com/kubernetes/component-helpers/blob/v0.34.0/resource/helpers.go (PodRequests). A pod that has ended counts nothing.
 */
export function podRequests(reading: Reading, found: FoundObject, ended: boolean): Resources {
  if (ended) return {};
  const { json } = found;
  const running: Amounts = Object.create(null);
  listAt(json, 'spec', 'containers').forEach((container, index) => {
    addTo(running, containerRequests(reading, found, container, `spec.containers[${index}]`));
  });
  const peak = addStartingUp(reading, found, running);
  atLeast(running, peak);
  const whole = readQuantities(
    reading,
    found,
    'spec.resources.requests',
    at(json, 'spec', 'resources', 'requests'),
    'up',
  );
  for (const resource of Object.keys(whole)) running[resource] = whole[resource] ?? 0;
  addTo(running, readQuantities(reading, found, 'spec.overhead', at(json, 'spec', 'overhead'), 'up'));
  addTo(running, { pods: 1 });
  return sortedAmounts(running);
}

/**
 * Init containers run one after another, each beside the sidecars (restartPolicy Always) that stand before it. Sidecars go on
 * running and so are added to `running`; returned is the most that any moment of starting up needs.
 */
function addStartingUp(reading: Reading, found: FoundObject, running: Amounts): Amounts {
  const sidecars: Amounts = Object.create(null);
  const peak: Amounts = Object.create(null);
  listAt(found.json, 'spec', 'initContainers').forEach((container, index) => {
    const asked = containerRequests(reading, found, container, `spec.initContainers[${index}]`);
    if (at(container, 'restartPolicy') === 'Always') {
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

/** A limit without a request is a request too: the API server fills it in when the pod is made. */
function containerRequests(reading: Reading, found: FoundObject, container: unknown, field: string): Amounts {
  const read = (which: 'requests' | 'limits') =>
    readQuantities(reading, found, `${field}.resources.${which}`, at(container, 'resources', which), 'up');
  return Object.assign(read('limits'), read('requests'));
}

function addTo(sum: Amounts, more: Resources): void {
  for (const resource of Object.keys(more)) sum[resource] = (sum[resource] ?? 0) + (more[resource] ?? 0);
}

function atLeast(sum: Amounts, floor: Resources): void {
  for (const resource of Object.keys(floor))
    sum[resource] = Math.max(sum[resource] ?? 0, floor[resource] ?? 0);
}

function sortedAmounts(amounts: Amounts): Resources {
  const sorted: Amounts = Object.create(null);
  for (const resource of Object.keys(amounts).sort()) sorted[resource] = amounts[resource] ?? 0;
  return sorted;
}
