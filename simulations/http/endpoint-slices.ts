/**
 * The controllers that write an EndpointSlice for every Endpoints of the world, and keep it so. They begin when somebody first
 * asks for slices: a fleet in which nobody does pays nothing.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#endpointslice-mirroring
 */
import type { StoredObject } from '../world/object-store.ts';
import { hashText } from '../world/random.ts';
import type { World } from '../world/world.ts';
import { isJsonObject, type JsonObject } from './json.ts';

const mirrored = new WeakSet<World>();

/** Writes the slices of a world that has none yet, and from then on one whenever Endpoints change. */
export function keepEndpointSlices(world: World): void {
  if (mirrored.has(world)) return;
  mirrored.add(world);
  // A dump brings its own slices; a service that has some is left to them.
  const brought = new Set(world.store.list('EndpointSlice').map(serviceOf));
  const mirror = (endpoints: StoredObject): void => {
    if (!brought.has(`${endpoints.metadata.namespace}/${endpoints.metadata.name}`))
      mirrorOne(world, endpoints);
  };
  for (const endpoints of world.store.list('Endpoints')) mirror(endpoints);
  world.store.onEvent(({ type, object }) => {
    if (object.kind !== 'Endpoints') return;
    if (type === 'DELETED') world.store.remove('EndpointSlice', object.metadata.namespace, sliceName(object));
    else mirror(object);
  });
}

function serviceOf(slice: StoredObject): string {
  return `${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name']}`;
}

/** As the letters after a generateName, but of the name itself: nothing is drawn from the world. */
function sliceName({ metadata }: StoredObject): string {
  const letters = hashText(`${metadata.namespace}/${metadata.name}`).toString(36).padStart(5, '0');
  return `${metadata.name}-${letters.slice(-5)}`;
}

/** Endpoints without addresses have no slice. */
function mirrorOne(world: World, endpoints: StoredObject): void {
  const { namespace } = endpoints.metadata;
  const name = sliceName(endpoints);
  const slice = sliceOf(world, endpoints, name);
  if (slice === undefined) {
    world.store.remove('EndpointSlice', namespace, name);
    return;
  }
  const updated = world.store.update('EndpointSlice', namespace, name, (draft) => {
    const { labels, annotations } = slice.metadata;
    Object.assign(draft, slice, { metadata: { ...draft.metadata, labels, annotations } });
  });
  if (updated === undefined) world.store.create(slice);
}

function sliceOf(world: World, endpoints: StoredObject, name: string) {
  const subset: unknown = Array.isArray(endpoints.subsets) ? endpoints.subsets[0] : undefined;
  const addresses = isJsonObject(subset)
    ? [...ready(subset.addresses), ...unready(subset.notReadyAddresses)]
    : [];
  if (!isJsonObject(subset) || addresses.length === 0) return undefined;
  const { metadata } = endpoints;
  const service = world.store.get('Service', metadata.namespace, metadata.name);
  const isSelected = isJsonObject(service?.spec?.selector);
  const owner = isSelected && service !== undefined ? service : endpoints;
  const by = isSelected ? 'endpointslice-controller' : 'endpointslicemirroring-controller';
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      uid: `${hashText(`slice of ${metadata.uid}`).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
      labels: {
        ...metadata.labels,
        'endpointslice.kubernetes.io/managed-by': `${by}.k8s.io`,
        'kubernetes.io/service-name': metadata.name,
      },
      ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: [ownerReference(owner)],
    },
    addressType: String(addresses[0]?.ip).includes(':') ? 'IPv6' : 'IPv4',
    endpoints: addresses.map(({ ip, isReady, ...rest }) => ({
      addresses: [ip],
      conditions: { ready: isReady },
      ...rest,
    })),
    ports: Array.isArray(subset.ports) ? subset.ports : [],
  };
}

type Endpoint = JsonObject & { readonly ip: unknown; readonly isReady: boolean };

function ready(addresses: unknown): Endpoint[] {
  return Array.isArray(addresses)
    ? addresses.filter(isJsonObject).map((address) => ({ ...address, ip: address.ip, isReady: true }))
    : [];
}

function unready(addresses: unknown): Endpoint[] {
  return ready(addresses).map((endpoint) => ({ ...endpoint, isReady: false }));
}

function ownerReference({ apiVersion, kind, metadata }: StoredObject) {
  const { name, uid } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
