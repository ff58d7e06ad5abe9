import { describe, expect, it } from 'vitest';
import { drainWhole } from './drain-whole.ts';
import { variants } from './run-whole.ts';

describe('a whole drain of a dozen nodes', () => {
  it.each(variants)('comes to its end as planned: $name', async ({ name: _, ...variant }) => {
    const drained = await drainWhole({ nodes: 12, clusters: 12, seed: 1, ...variant });
    expect(drained.violations).toEqual([]);
    expect(drained.steps).toBeGreaterThan(0);
  });
});
