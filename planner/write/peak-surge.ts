import { act, logWidth } from '../yard/acts.ts';
import type { Yard } from '../yard/yard.ts';

/** Returns the most nodes more than at the start that are alive at once, for each zone that ever has any. */
export function peakSurge(yard: Yard): Readonly<Record<string, number>> {
  const { zones } = yard.survey.fleet;
  const extra = new Int32Array(zones.length);
  const peak = new Int32Array(zones.length);
  for (let entry = 0; entry < yard.logEnd; entry += logWidth) {
    const kind = yard.log[entry];
    if (kind !== act.add && kind !== act.release) continue;
    const zone = yard.zone[yard.log[entry + 1] ?? 0] ?? 0;
    extra[zone] = (extra[zone] ?? 0) + (kind === act.add ? 1 : -1);
    peak[zone] = Math.max(peak[zone] ?? 0, extra[zone] ?? 0);
  }
  const entries = zones.map((zone, number) => [zone, peak[number] ?? 0] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}
