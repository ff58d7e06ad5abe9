/** What a client is told that wants something of a container: there are none, neither here nor anywhere behind. */

import type { World } from '../world/world.ts';
import type { Answer } from './answer.ts';
import type { Address } from './paths.ts';
import { notFound, notImplemented } from './status.ts';

/** What kubectl calls the command, by the subresource that it asks. */
const commands: Readonly<Record<string, string>> = {
  log: 'logs',
  exec: 'exec',
  attach: 'attach',
  portforward: 'port-forward',
  proxy: 'proxy',
  ephemeralcontainers: 'debug',
};

/** 501 with the reason, 404 for a pod that is not there; undefined: nothing of a container is asked for. */
export function refuseContainers(
  world: World,
  { type, namespace, name, subresource }: Extract<Address, { kind: 'object' }>,
): Answer | undefined {
  const command = commands[subresource ?? ''];
  if (type.kind !== 'Pod' || command === undefined) return undefined;
  if (world.store.get('Pod', namespace, name) === undefined) return notFound(type, name);
  return notImplemented(
    `this fleet is simulated: no container runs in pod "${name}", and ${command} needs one`,
  );
}
