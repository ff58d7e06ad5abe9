import { afterAll, beforeAll } from 'vitest';
import { describePortsContract } from '../contract/ports.contract.ts';
import { openApiServerStage } from './api-server-stage.ts';
import { roleOfServer, startControlPlane } from './control-plane.ts';
import type { ApiServer } from './start-api-server.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startControlPlane();
});
afterAll(() => server?.stop());

describePortsContract(roleOfServer, (objects) => openApiServerStage(server, objects));
