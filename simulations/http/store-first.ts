import type { World } from '../world/world.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { shownObject } from './read-objects.ts';
import { groupVersion, type Target } from './resources.ts';
import { alreadyExists } from './status.ts';
import { validate } from './validate.ts';
import { withDefaults } from './with-defaults.ts';

/** Stores an object under a name that is free: 201, else 409; 422 and 400 where it is not valid. */
export function storeFirst(
  world: World,
  { type, namespace, name }: Target,
  wanted: JsonObject,
  managedFields: readonly JsonObject[] | undefined,
  dryRun: boolean,
): Answer {
  const refusal = validate(type, name, wanted);
  if (refusal !== undefined) return refusal;
  const metadata = {
    ...(isJsonObject(wanted.metadata) ? wanted.metadata : {}),
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(managedFields === undefined ? {} : { managedFields }),
  };
  const whole = withDefaults({ ...wanted, apiVersion: groupVersion(type), kind: type.kind, metadata });
  if (dryRun) {
    const taken = world.store.get(type.kind, namespace, name) !== undefined;
    return taken ? alreadyExists(type, name) : jsonAnswer(201, whole);
  }
  const created = world.store.create(whole);
  return created.kind === 'exists'
    ? alreadyExists(type, name)
    : jsonAnswer(201, shownObject(type, created.object));
}
