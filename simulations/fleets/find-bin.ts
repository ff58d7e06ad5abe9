/** The node on which a pod of a generated fleet stands: as kube-scheduler scores them, the emptier the better, in a sample. */
import type { Resources } from '../../planner/model.ts';
import type { Random } from '../world/random.ts';
import type { Bin, Cell } from './draw-cells.ts';

/** Few looks leave nodes unevenly full, as they are; in full zones more looks find what room there is. */
const looksFew = 3;
const looksMany = 10;
const fullUtilisation = 0.85;

/** Returns a node of the cell with room for these requests that is none of `except`; undefined: there is none. */
export function findBin(
  random: Random,
  cell: Cell,
  requests: Resources,
  except: readonly Bin[],
): Bin | undefined {
  const { bins, target } = cell;
  const capacity = cell.scarce === 'cpu' ? cell.cpu : cell.memory;
  const looks = target / capacity > fullUtilisation ? looksMany : looksFew;
  let best: Bin | undefined;
  for (let look = 0; look < looks; look += 1) {
    const bin = bins[random.between(0, bins.length - 1)];
    if (bin === undefined || !fits(bin, requests) || except.includes(bin)) continue;
    if (best === undefined || fullness(bin) < fullness(best)) best = bin;
  }
  if (best !== undefined) return best;
  for (const bin of bins) {
    if (!fits(bin, requests) || except.includes(bin)) continue;
    if (best === undefined || fullness(bin) < fullness(best)) best = bin;
  }
  return best;
}

function fits(bin: Bin, { cpu = 0, memory = 0 }: Resources): boolean {
  return !bin.spare && bin.freeCpu >= cpu && bin.freeMemory >= memory && bin.freePods >= 1;
}

/** Share of the resource that the node has least of. */
function fullness({ node, freeCpu, freeMemory }: Bin): number {
  const { cpu = 1, memory = 1 } = node.allocatable;
  return 1 - Math.min(freeCpu / cpu, freeMemory / memory);
}
