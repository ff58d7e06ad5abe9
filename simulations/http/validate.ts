/**
 * The few validations of the API server that clients of ours can run into.
 * https://github.com/kubernetes/kubernetes/tree/master/pkg/apis
 */
import type { Answer } from './answer.ts';
import { unreadableSwitch } from './fault-switches.ts';
import { isJsonObject } from './json.ts';
import type { ResourceType } from './resources.ts';
import { badRequest, invalid } from './status.ts';

/** The refusal of an object about to be stored, undefined when there is nothing against it. */
export function validate(
  type: ResourceType,
  name: string,
  object: { readonly [field: string]: unknown },
): Answer | undefined {
  if (type.kind === 'Lease') return validateLease(type, name, object);
  if (type.kind === 'PodDisruptionBudget') return validateBudget(type, name, object);
  if (type.kind === 'Endpoints') return validateEndpoints(type, name, object);
  const wrong = unreadableSwitch({ ...object, kind: type.kind });
  // As a webhook refuses that whoever runs a server has put before it.
  if (wrong !== undefined)
    return badRequest(`admission webhook "faults.simulation.switchyard.dev" denied the request: ${wrong}`);
  return undefined;
}

const microTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(Z|[+-]\d{2}:\d{2})$/;

/** MicroTime needs its six digits: https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/micro_time.go */
function validateLease(
  type: ResourceType,
  name: string,
  object: { readonly [field: string]: unknown },
): Answer | undefined {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  for (const time of [spec.acquireTime, spec.renewTime]) {
    if (typeof time !== 'string' || microTime.test(time)) continue;
    return badRequest(
      `Lease in version "v1" cannot be handled as a Lease: parsing time "${time}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "${time.slice(19)}" as ".000000"`,
    );
  }
  return requireVersion(type, name, object);
}

/** Leases and budgets are never updated blindly (AllowUnconditionalUpdate of their strategies is false). */
function requireVersion(
  type: ResourceType,
  name: string,
  object: { readonly [field: string]: unknown },
): Answer | undefined {
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  // Only an update has been given a UID by the server before.
  if (metadata.uid === undefined || metadata.resourceVersion !== '') return undefined;
  return invalid(type, name, [
    {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 0: must be specified for an update',
      field: 'metadata.resourceVersion',
    },
  ]);
}

function validateBudget(
  type: ResourceType,
  name: string,
  object: { readonly [field: string]: unknown },
): Answer | undefined {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  if (spec.minAvailable === undefined || spec.maxUnavailable === undefined)
    return requireVersion(type, name, object);
  const shown = JSON.stringify({
    MinAvailable: spec.minAvailable,
    Selector: spec.selector ?? null,
    MaxUnavailable: spec.maxUnavailable,
    UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
  });
  const message = `Invalid value: ${shown}: minAvailable and maxUnavailable cannot be both set`;
  return invalid(type, name, [{ reason: 'FieldValueInvalid', message, field: 'spec' }], type.kind);
}

/** Addresses of Endpoints may not be loopback ones: they would point every client at itself. */
function validateEndpoints(
  type: ResourceType,
  name: string,
  object: { readonly [field: string]: unknown },
): Answer | undefined {
  const subsets = Array.isArray(object.subsets) ? object.subsets : [];
  for (const [subset, entry] of subsets.entries()) {
    const addresses = isJsonObject(entry) && Array.isArray(entry.addresses) ? entry.addresses : [];
    for (const [place, address] of addresses.entries()) {
      const ip = isJsonObject(address) ? address.ip : undefined;
      if (typeof ip !== 'string' || !(ip.startsWith('127.') || ip === '::1')) continue;
      const field = `subsets[${subset}].addresses[${place}].ip`;
      const message = `Invalid value: "${ip}": may not be in the loopback range (127.0.0.0/8, ::1/128)`;
      return invalid(type, name, [{ reason: 'FieldValueInvalid', message, field }], type.kind);
    }
  }
  return undefined;
}
