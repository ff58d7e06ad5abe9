import { serveWorld } from '../../simulations/http/serve-world.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { describeThreeZones, playSpeed } from './three-zones.contract.ts';

const pipelineSecret = 'whsec_c2ltdWxhdGVkIHBpcGVsaW5lIHNlY3JldA==';

describeThreeZones('the simulated API server', async (objects) => {
  const world = createWorld({ objects, startMs: Date.now() });
  const served = await serveWorld(world, { speed: playSpeed, pipelineSecret, tls: true });
  const { pipelineUrl, close } = served;
  return { kubeconfig: served.kubeconfig(), pipelineUrl, pipelineSecret, world, close };
});
