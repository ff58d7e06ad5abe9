import { directPorts } from '../../simulations/direct-ports.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { describePortsContract } from './ports.contract.ts';
import { worldStage } from './stage.ts';

describePortsContract('the simulated world, directly', async (objects) => {
  const world = createWorld({ objects });
  return worldStage(world, directPorts(world), async () => {});
});
