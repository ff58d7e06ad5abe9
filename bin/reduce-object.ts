type Json = Record<string, unknown>;

/** Annotations that planning reads: Patroni's own. Everything else, kubectl's last-applied copy above all, stays at home. */
const patroniAnnotations = [
  'status',
  'leader',
  'optime',
  'config',
  'history',
  'sync_standby',
  'initialize',
  'renewTime',
  'ttl',
  'transitions',
];
/** Fields of a container that planning reads; env, args and commands may hold secrets. */
const containerFields = ['name', 'resources', 'restartPolicy', 'ports'];

/** The object with only the fields that planning reads: no env value, no ConfigMap content, no foreign annotation. */
export function reduceObject(object: Json): Json {
  const { data: _data, binaryData: _binary, stringData: _string, ...rest } = object;
  const reduced: Json = { ...rest, metadata: reduceMetadata(asObject(rest.metadata)) };
  if (rest.kind === 'Pod') reduced.spec = reducePodSpec(asObject(rest.spec));
  const spec = asObject(rest.spec);
  if (spec.template !== undefined) {
    const template = asObject(spec.template);
    reduced.spec = {
      ...spec,
      template: {
        metadata: reduceMetadata(asObject(template.metadata)),
        spec: reducePodSpec(asObject(template.spec)),
      },
    };
  }
  return reduced;
}

function reduceMetadata(metadata: Json): Json {
  const { managedFields: _managed, annotations, ...rest } = metadata;
  const kept = Object.entries(asObject(annotations)).filter(
    ([key]) => patroniAnnotations.includes(key) || key.startsWith('kubernetes.io/config.'),
  );
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
}

function reducePodSpec(spec: Json): Json {
  const reduced: Json = { ...spec };
  for (const field of ['containers', 'initContainers']) {
    if (Array.isArray(spec[field]))
      reduced[field] = spec[field].map((container) => pick(asObject(container), containerFields));
  }
  delete reduced.ephemeralContainers;
  delete reduced.imagePullSecrets;
  return reduced;
}

function pick(object: Json, fields: readonly string[]): Json {
  return Object.fromEntries(
    fields.filter((field) => object[field] !== undefined).map((field) => [field, object[field]]),
  );
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
