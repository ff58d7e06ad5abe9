import { afterAll, beforeAll } from 'vitest';
import { describeThreeZones, playSpeed } from '../contract/three-zones.contract.ts';
import { openApiServerFleet, pipelineSecret } from './api-server-fleet.ts';
import { roleOfServer, startControlPlane } from './control-plane.ts';
import type { ApiServer } from './start-api-server.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startControlPlane('kube-controller-manager', 'kube-scheduler');
});
afterAll(() => server?.stop());

describeThreeZones(roleOfServer, async (objects) => {
  const fleet = await openApiServerFleet(server, objects, Date.now());
  const stopPlaying = fleet.play(playSpeed);
  return {
    kubeconfig: server.kubeconfig,
    pipelineUrl: fleet.served.pipelineUrl,
    pipelineSecret,
    world: fleet.world,
    close: async () => {
      await stopPlaying();
      await fleet.close();
    },
  };
});
