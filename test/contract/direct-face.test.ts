import { directPorts } from '../../simulations/direct-ports.ts';
import { describePortsContract } from './ports.contract.ts';

describePortsContract('the simulated world, directly', async (world) => {
  const { kubernetes, patroni, pipeline } = directPorts(world);
  return { kubernetes, patroni, pipeline, close: async () => {} };
});
