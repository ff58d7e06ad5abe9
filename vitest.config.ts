import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/redis-present.ts'],
    // Files run side by side on at most two workers: CI machines have two cores, and crash tests start processes of their own.
    maxWorkers: 2,
    // Of describe.concurrent: each of the crash tests runs a fleet, a Redis connection and worker processes of its own.
    maxConcurrency: 3,
    // A machine that is shared stands still for seconds now and then.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
