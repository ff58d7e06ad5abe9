import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KubernetesPort } from '../../executor/ports.ts';
import { readLiveFleet } from '../../executor/read-fleet.ts';
import { defaultPresets } from '../../planner/read/member-presets.ts';

const told: string[] = [];
const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } };

/** One node, on the first of two pages. */
const kubernetes = {
  async listFleetObjects(take?: (page: readonly object[]) => void) {
    told.push('first page');
    take?.([node]);
    told.push('last page');
    return [];
  },
} as unknown as KubernetesPort;

beforeEach(() => {
  told.length = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('memory around a look at the whole fleet', () => {
  it('is given back before it, when all is listed, when all is read, and once more when it has been judged', async () => {
    vi.stubGlobal('gc', () => void told.push('collected'));
    const live = await readLiveFleet(kubernetes, defaultPresets);
    told.push(live.kind);
    expect(told).toEqual(['collected', 'first page', 'last page', 'collected', 'collected', 'fleet']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told.slice(6)).toEqual(['collected']);
  });

  it('is left to Node where nobody may collect', async () => {
    vi.stubGlobal('gc', undefined);
    expect(await readLiveFleet(kubernetes, defaultPresets)).toMatchObject({ kind: 'fleet' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual(['first page', 'last page']);
  });
});
