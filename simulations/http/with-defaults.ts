/**
 * What the API server writes into an object where its author left it out, as far as clients of ours can see it.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/zz_generated.defaults.go (SetObjectDefaults_Endpoints)
 */
import { isJsonObject, type JsonObject } from './json.ts';

/** The object with the protocol of the ports of Endpoints filled in; others as they are. */
export function withDefaults<Kind extends JsonObject>(object: Kind): Kind {
  if (object.kind !== 'Endpoints' || !Array.isArray(object.subsets)) return object;
  return { ...object, subsets: object.subsets.map(withProtocols) };
}

function withProtocols(subset: unknown): unknown {
  if (!isJsonObject(subset) || !Array.isArray(subset.ports)) return subset;
  const ports = subset.ports.map((port) => (isJsonObject(port) ? { protocol: 'TCP', ...port } : port));
  return { ...subset, ports };
}
