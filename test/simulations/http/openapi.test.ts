import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resourceTypes } from '../../../simulations/http/resources.ts';
import { type ServedWorld, serveWorld } from '../../../simulations/http/serve-world.ts';
import { recordedWorld } from './recorded-fleet.ts';

let served: ServedWorld;
beforeAll(async () => {
  served = await serveWorld(recordedWorld(), { speed: 0 });
});
afterAll(async () => {
  await served.close();
});

type Patch = { 'x-kubernetes-group-version-kind': { kind: string }; parameters: { name: string }[] };
type Document = {
  paths: Record<string, { serverRelativeURL?: string; patch?: Patch }>;
  components: { schemas: Record<string, { properties: Record<string, unknown> }> };
};

async function get(path: string): Promise<Document> {
  return (await (await fetch(`${served.kubernetesUrl}${path}`)).json()) as Document;
}

async function documents(): Promise<Document[]> {
  const root = await get('/openapi/v3');
  return Promise.all(Object.values(root.paths).map(({ serverRelativeURL }) => get(serverRelativeURL ?? '')));
}

describe('OpenAPI v3', () => {
  it('has a patch with its options for every kind that can be patched', async () => {
    const patches = (await documents()).flatMap(({ paths }) =>
      Object.values(paths).map(({ patch }) => patch),
    );
    const kinds = patches.map((patch) => patch?.['x-kubernetes-group-version-kind'].kind);
    const patched = resourceTypes.filter((type) => type.verbs.includes('patch')).map((type) => type.kind);
    expect(kinds.toSorted()).toEqual(patched.toSorted());
    for (const patch of patches)
      expect(patch?.parameters.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['dryRun', 'fieldManager', 'fieldValidation', 'force']),
      );
  });

  it('has a schema for whatever a schema refers to', async () => {
    const all = await documents();
    expect(all.length).toBeGreaterThan(5);
    for (const { components } of all) {
      const named = [...JSON.stringify(components).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
        ([, name]) => name,
      );
      expect(named.filter((name) => components.schemas[name ?? ''] === undefined)).toEqual([]);
    }
  });

  it('describes fields by their type', async () => {
    const { components } = await get('/openapi/v3/api/v1');
    expect(components.schemas.NodeSpec?.properties.unschedulable).toEqual({ type: 'boolean' });
    expect(components.schemas.Node?.properties.spec).toEqual({
      allOf: [{ $ref: '#/components/schemas/NodeSpec' }],
    });
  });

  it('has nothing for a group that is not served', async () => {
    expect((await fetch(`${served.kubernetesUrl}/openapi/v3/apis/example.com/v1`)).status).toBe(404);
  });
});
