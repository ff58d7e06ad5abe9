import { connectPatroni } from '../../executor/patroni/index.ts';
import { connectPipeline } from '../../executor/pipeline/index.ts';
import type { KubernetesObject } from '../../executor/ports.ts';
import type { Stage } from '../contract/stage.ts';
import type { ApiClient } from './api-client.ts';
import { openApiServerFleet, pipelineSecret } from './api-server-fleet.ts';
import type { ApiServer } from './start-api-server.ts';

const pods = '/api/v1/namespaces/default/pods';
const events = '/api/v1/namespaces/default/events';
const lease = '/apis/coordination.k8s.io/v1/namespaces/default/leases/switchyard';

/** The stage of the contract on an API server. What it left there of an earlier case is gone. */
export async function openApiServerStage(
  server: ApiServer,
  objects: readonly KubernetesObject[],
): Promise<Stage> {
  const fleet = await openApiServerFleet(server, objects);
  const { world, served, kubernetes, client } = fleet;
  const patroni = connectPatroni();
  const clock = { nowMs: () => world.nowMs() };
  const pipeline = connectPipeline({ url: served.pipelineUrl, secret: pipelineSecret, clock });
  return {
    kubernetes,
    patroni,
    pipeline,
    nowMs: () => world.nowMs(),
    pass: fleet.pass,
    labelPod: async (name, label, value) => {
      const answer = await client.send('PATCH', `${pods}/${name}`, {
        metadata: { labels: { [label]: value } },
      });
      if (answer.status !== 200) throw new Error(`label of ${name}: ${answer.status}`);
    },
    deletePod: async (name) => {
      const answer = await client.send('DELETE', `${pods}/${name}`);
      if (answer.status !== 200) throw new Error(`deletion of ${name}: ${answer.status}`);
    },
    events: () => listEvents(client),
    roleChanges: () => world.roleChanges,
    close: async () => {
      await Promise.all([patroni.close(), pipeline.close()]);
      await client.send('DELETE', lease);
      for (const { metadata } of await listEvents(client))
        await client.send('DELETE', `${events}/${String(metadata?.name)}`);
      await fleet.close();
    },
  };
}

async function listEvents(client: ApiClient): Promise<readonly KubernetesObject[]> {
  const answer = await client.send('GET', events);
  return (answer.body as { items: readonly KubernetesObject[] }).items;
}
