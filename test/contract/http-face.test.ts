import { connectKubernetes } from '../../executor/kubernetes/index.ts';
import { connectPatroni } from '../../executor/patroni/index.ts';
import { connectPipeline } from '../../executor/pipeline/index.ts';
import { serveWorld } from '../../simulations/http/serve-world.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { describePortsContract } from './ports.contract.ts';
import { worldStage } from './stage.ts';

const secret = 'whsec_c2ltdWxhdGVkIHBpcGVsaW5lIHNlY3JldA==';

describePortsContract('real servers through the real adapters', async (objects) => {
  const world = createWorld({ objects });
  const served = await serveWorld(world, { speed: 0, pipelineSecret: secret });
  const clock = { nowMs: () => world.nowMs() };
  const kubernetes = connectKubernetes({ kubeconfig: served.kubeconfig(), clock });
  const patroni = connectPatroni();
  const pipeline = connectPipeline({ url: served.pipelineUrl, secret, clock });
  return worldStage(world, { kubernetes, patroni, pipeline }, async () => {
    await Promise.all([kubernetes.close(), patroni.close(), pipeline.close()]);
    await served.close();
  });
});
