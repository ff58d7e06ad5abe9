import type { FleetNode, Taint } from '../model.ts';
import { asObject, at, type JsonObject, listIn, objectIn, show, textsByKey } from './raw-json.ts';
import { complain, type FoundObject, note, type Reading, readQuantities } from './reading.ts';

const zoneLabel = 'topology.kubernetes.io/zone';
/** Its name before Kubernetes 1.17. */
const formerZoneLabel = 'failure-domain.beta.kubernetes.io/zone';
/** Zone of nodes that carry no zone label. */
export const noZone = '(none)';

/** A node with what it can hold; volume attach limits are added by read-volumes.ts. */
export function readNode(reading: Reading, found: FoundObject): FleetNode {
  const { json, name } = found;
  const status = objectIn(json, 'status');
  const labels = textsByKey(objectIn(json, 'metadata').labels);
  const zone = labels[zoneLabel] || labels[formerZoneLabel] || noZone;
  if (zone === noZone)
    note(reading, 'no-zone-label', name, {
      severity: 'risks',
      facts: { label: zoneLabel },
      fix: `kubectl label node ${name} ${zoneLabel}=ZONE`,
    });
  return {
    name,
    zone,
    labels,
    taints: readTaints(reading, found),
    unschedulable: objectIn(json, 'spec').unschedulable === true,
    ready: hasCondition(status, 'Ready'),
    allocatable: reading.share.allocatable(status.allocatable, () =>
      readQuantities(reading, found.place, () => 'status.allocatable', status.allocatable, 'down'),
    ),
  };
}

/** True where the status of an object has the condition with status True. */
export function hasCondition(status: JsonObject, type: string): boolean {
  for (const condition of listIn(status, 'conditions')) {
    const { type: found, status: value } = asObject(condition);
    if (found === type && value === 'True') return true;
  }
  return false;
}

const noTaints: readonly Taint[] = Object.freeze([]);

function readTaints(reading: Reading, found: FoundObject): readonly Taint[] {
  const taints = listIn(objectIn(found.json, 'spec'), 'taints');
  if (taints.length === 0) return noTaints;
  return reading.share.taints(taints, () =>
    taints.flatMap((taint, index) => {
      const { key, effect, value } = asObject(taint);
      if (typeof key === 'string' && key !== '' && isEffect(effect))
        return [{ key, value: typeof value === 'string' ? value : '', effect }];
      const field = typeof key === 'string' && key !== '' ? 'effect' : 'key';
      complain(reading, found.place, `spec.taints[${index}].${field}`, {
        code: 'bad-taint',
        found: show(at(taint, field)),
        expected: field === 'key' ? 'the key of a taint' : 'NoSchedule, PreferNoSchedule or NoExecute',
      });
      return [];
    }),
  );
}

/** True for the effects that Kubernetes knows. */
export function isEffect(value: unknown): value is Taint['effect'] {
  return value === 'NoSchedule' || value === 'PreferNoSchedule' || value === 'NoExecute';
}
