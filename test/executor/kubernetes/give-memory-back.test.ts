import { afterEach, describe, expect, it, vi } from 'vitest';
import { listFleetObjects } from '../../../executor/kubernetes/fleet-objects.ts';
import type { Rest } from '../../../executor/kubernetes/rest.ts';

/** An API server without any object. */
const empty = {
  send: async () => ({ status: 200, headers: {}, body: { kind: 'List', metadata: {}, items: [] } }),
} as unknown as Rest;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('a collection around a list of all objects', () => {
  it('is made where the pages are taken one by one, and once more when they have been judged', async () => {
    vi.useFakeTimers();
    const collect = vi.fn();
    vi.stubGlobal('gc', collect);
    await listFleetObjects(empty, () => {});
    expect(collect).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(collect).toHaveBeenCalledTimes(3);
  });

  it('is not made where all are kept, as by a page that looks every few seconds', async () => {
    vi.useFakeTimers();
    const collect = vi.fn();
    vi.stubGlobal('gc', collect);
    await listFleetObjects(empty);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(collect).not.toHaveBeenCalled();
  });
});
