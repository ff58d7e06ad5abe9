/** deploy/ against the code, the README and itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../api/config.ts';
import { settings } from '../../bin/settings.ts';
import { readWorkerConfig } from '../../executor/config.ts';
import { root } from '../source-files.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const documents = (path: string): readonly unknown[] =>
  parseAllDocuments(read(path)).map((document): unknown => document.toJS());

const ruleSchema = z.object({ resources: z.array(z.string()), verbs: z.array(z.string()) });
const roleSchema = z.object({
  kind: z.enum(['ClusterRole', 'Role']),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  rules: z.array(ruleSchema),
});
const roles = documents('deploy/rbac.yaml').map((document) => roleSchema.parse(document));
const roleNamed = (name: string) => roles.find(({ metadata }) => metadata.name === name);

/** Verbs by resource. */
function rightsOf(rules: readonly z.output<typeof ruleSchema>[]): Map<string, Set<string>> {
  const rights = new Map<string, Set<string>>();
  for (const { resources, verbs } of rules)
    for (const resource of resources)
      rights.set(resource, new Set([...(rights.get(resource) ?? []), ...verbs]));
  return rights;
}
const sorted = (rights: ReadonlyMap<string, ReadonlySet<string>>) =>
  [...rights].map(([resource, verbs]) => `${resource} ${[...verbs].sort().join(' ')}`).sort();

const ofWorker = rightsOf([
  ...(roleNamed('switchyard')?.rules ?? []),
  ...(roleNamed('switchyard-lease')?.rules ?? []),
]);

describe('the rights', () => {
  it('stand in the README as in rbac.yaml', () => {
    const table = /need the reading ones only:\n\n(.*?)\n\n/s.exec(read('README.md'))?.[1] ?? '';
    // A row goes on over several lines, until its verbs.
    const rows = table
      .replace(/\(.*?\)/g, '')
      .replace(/,\n\s+/g, ', ')
      .split('\n');
    const rules = rows.map((row) => {
      const [resources = '', verbs = ''] = row.trim().split(/ {2,}/);
      return { resources: resources.split(', ').map((one) => one.trim()), verbs: verbs.split(' ') };
    });
    expect(sorted(rightsOf(rules))).toEqual(sorted(ofWorker));
  });

  it('hold no deletion, and of the API nothing but reading', () => {
    for (const [resource, verbs] of ofWorker) expect([...verbs], resource).not.toContain('delete');
    const reading = roleNamed('switchyard-read')?.rules;
    expect(reading).toEqual(roleNamed('switchyard')?.rules.slice(0, 1));
    expect(reading?.[0]?.verbs).toEqual(['get', 'list', 'watch']);
  });
});

const named = z.object({ name: z.string() });
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const containerSchema = z.object({
  command: z.array(z.string()),
  env: z.array(z.object({ name: z.string(), value: z.string() })),
  envFrom: z.array(z.object({ configMapRef: named.optional(), secretRef: named.optional() })),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe.optional(),
  resources: z.object({
    requests: z.record(z.string(), z.string()),
    limits: z.record(z.string(), z.string()),
  }),
});
const labelsSchema = z.record(z.string(), z.string());
const deploymentSchema = z.object({
  kind: z.literal('Deployment'),
  metadata: named,
  spec: z.object({
    selector: z.object({ matchLabels: labelsSchema }),
    template: z.object({
      metadata: z.object({ labels: labelsSchema, annotations: labelsSchema }),
      spec: z.object({
        serviceAccountName: z.string(),
        enableServiceLinks: z.literal(false),
        containers: z.tuple([containerSchema]),
      }),
    }),
  }),
});
const anySchema = z.object({
  kind: z.string(),
  metadata: named,
  data: labelsSchema.optional(),
  stringData: labelsSchema.optional(),
  roleRef: named.optional(),
  subjects: z.array(named).optional(),
});
const manifests = documents('deploy/switchyard.yaml');
const objects = manifests.map((document) => anySchema.parse(document));
const deployments = manifests.flatMap((document) => deploymentSchema.safeParse(document).data ?? []);

function namesOf(kind: string): readonly string[] {
  return objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);
}

/** The environment of a container, as the kubelet makes it. */
function environmentOf({ env, envFrom }: z.output<typeof containerSchema>): Record<string, string> {
  const from = envFrom.flatMap(({ configMapRef, secretRef }) => {
    const [kind, ref] = configMapRef === undefined ? ['Secret', secretRef] : ['ConfigMap', configMapRef];
    const found = objects.find((object) => object.kind === kind && object.metadata.name === ref?.name);
    expect(found, `${kind} ${ref?.name}`).toBeDefined();
    return Object.entries({ ...found?.data, ...found?.stringData });
  });
  return { ...Object.fromEntries(from), ...Object.fromEntries(env.map(({ name, value }) => [name, value])) };
}

describe('the manifests', () => {
  it('name accounts, roles and labels that are there', () => {
    expect(deployments.map(({ metadata }) => metadata.name)).toEqual(['switchyard-api', 'switchyard-worker']);
    for (const { spec } of deployments) {
      expect(namesOf('ServiceAccount')).toContain(spec.template.spec.serviceAccountName);
      expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
    }
    for (const { roleRef, subjects = [] } of objects.filter(({ kind }) => kind.endsWith('RoleBinding'))) {
      expect(roleNamed(roleRef?.name ?? ''), roleRef?.name).toBeDefined();
      for (const { name } of subjects) expect(namesOf('ServiceAccount')).toContain(name);
    }
    const service = z
      .object({
        spec: z.object({ selector: labelsSchema, ports: z.array(z.object({ targetPort: z.string() })) }),
      })
      .parse(manifests.at(-1));
    const [api] = deployments;
    expect(service.spec.selector).toEqual(api?.spec.selector.matchLabels);
    const ports = api?.spec.template.spec.containers[0].ports.map(({ name }) => name);
    expect(ports).toEqual(service.spec.ports.map(({ targetPort }) => targetPort));
  });

  it('set nothing but settings, with which API and worker start once the tokens are filled in', () => {
    const known = [...settings.map(([name]) => name), 'NODE_COMPILE_CACHE'];
    const [api = {}, worker = {}] = deployments.map(({ spec }) =>
      environmentOf(spec.template.spec.containers[0]),
    );
    for (const name of [...Object.keys(api), ...Object.keys(worker)]) expect(known).toContain(name);
    expect(readConfig(api).kind).toBe('bad-config');
    const filled = { ...api, SWITCHYARD_TOKENS: 'anna=0123456789abcdef' };
    expect(readConfig(filled)).toMatchObject({ kind: 'config', config: { host: '0.0.0.0', port: 8080 } });
    expect(readWorkerConfig(worker)).toMatchObject({ metricsPort: 9464, leaseNamespace: 'default' });
    // The Role and its binding stand where the Lease does.
    expect(roleNamed('switchyard-lease')?.metadata.namespace).toBe(worker.SWITCHYARD_LEASE_NAMESPACE);
  });

  it('probe and scrape the ports on which both listen', () => {
    for (const { spec } of deployments) {
      const [container] = spec.template.spec.containers;
      const { PORT, SWITCHYARD_METRICS_PORT } = environmentOf(container);
      const [port] = container.ports;
      expect(String(port?.containerPort)).toBe(SWITCHYARD_METRICS_PORT ?? PORT);
      expect(spec.template.metadata.annotations['prometheus.io/port']).toBe(String(port?.containerPort));
      for (const { httpGet } of [
        container.startupProbe,
        container.livenessProbe,
        container.readinessProbe ?? container.livenessProbe,
      ])
        expect(httpGet).toEqual({ path: '/healthz', port: port?.name });
    }
  });
});
