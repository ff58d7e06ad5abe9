import type { FleetNode, Taint } from '../model.ts';
import { at, listAt, show, textAt, textsByKeyAt } from './raw-json.ts';
import { complain, type FoundObject, note, type Reading, readQuantities } from './reading.ts';

const zoneLabel = 'topology.kubernetes.io/zone';
/** Its name before Kubernetes 1.17. */
const formerZoneLabel = 'failure-domain.beta.kubernetes.io/zone';
/** Zone of nodes that carry no zone label. */
export const noZone = '(none)';

/** A node with what it can hold; volume attach limits are added by read-volumes.ts. */
export function readNode(reading: Reading, found: FoundObject): FleetNode {
  const { json, name } = found;
  const labels = textsByKeyAt(json, 'metadata', 'labels');
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
    unschedulable: at(json, 'spec', 'unschedulable') === true,
    ready: hasCondition(json, 'Ready'),
    allocatable: readQuantities(
      reading,
      found,
      'status.allocatable',
      at(json, 'status', 'allocatable'),
      'down',
    ),
  };
}

/** True where the object's status has the condition with status True. */
export function hasCondition(json: unknown, type: string): boolean {
  return listAt(json, 'status', 'conditions').some(
    (condition) => at(condition, 'type') === type && at(condition, 'status') === 'True',
  );
}

function readTaints(reading: Reading, found: FoundObject): readonly Taint[] {
  return listAt(found.json, 'spec', 'taints').flatMap((taint, index) => {
    const key = textAt(taint, 'key');
    const effect = at(taint, 'effect');
    if (key !== undefined && isEffect(effect)) return [{ key, value: textAt(taint, 'value') ?? '', effect }];
    const field = key === undefined ? 'key' : 'effect';
    complain(reading, found, `spec.taints[${index}].${field}`, {
      code: 'bad-taint',
      found: show(at(taint, field)),
      expected: key === undefined ? 'the key of a taint' : 'NoSchedule, PreferNoSchedule or NoExecute',
    });
    return [];
  });
}

/** True for the effects that Kubernetes knows. */
export function isEffect(value: unknown): value is Taint['effect'] {
  return value === 'NoSchedule' || value === 'PreferNoSchedule' || value === 'NoExecute';
}
