import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openQueueRedis } from '../../../executor/redis/connection.ts';
import { keysUnder } from '../../../executor/redis/keys.ts';
import { type PassWorkerOptions, startPassWorker } from '../../../executor/redis/pass-worker.ts';
import { addPasses, hurryPass, jobIdOf, openPassQueue, type Pass } from '../../../executor/redis/queue.ts';
import { startTestRedis, type TestRedis } from './redis-for-tests.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const keys = keysUnder('switchyard');
let fleets = 0;

/** A queue of its own for each test, and workers on it. */
function fleetQueue() {
  fleets += 1;
  const fleet = `fleet-${fleets}`;
  const connection = openQueueRedis(redis.server.url);
  const queue = openPassQueue(fleet, keys, connection);
  open.push({ close: async () => connection.disconnect() }, queue);
  const errors: string[] = [];
  const work = (advance: PassWorkerOptions['advance'], more: Partial<PassWorkerOptions> = {}) => {
    const worker = startPassWorker({
      fleet,
      keys,
      connection,
      name: 'w',
      concurrency: 10,
      lockMs: 1_000,
      stalledMs: 500,
      advance,
      report: (message, error) => errors.push(`${message}: ${error.message}`),
      ...more,
    });
    open.push(worker);
    return worker;
  };
  return { fleet, queue, work, errors };
}

describe('passes', () => {
  it('come again until there is nothing left to do, and then leave nothing behind', async () => {
    const { queue, work } = fleetQueue();
    let looks = 0;
    work(async () => {
      looks += 1;
      return looks < 4 ? { againInMs: 20 } : undefined;
    });
    await addPasses(queue, [{ run: 'run-1', step: 's1' }]);
    await expect.poll(() => looks).toBe(4);
    await expect.poll(() => queue.getJob(jobIdOf({ run: 'run-1', step: 's1' }))).toBeUndefined();
  });

  it('exist once per step, however often they are added', async () => {
    const { queue, work } = fleetQueue();
    const looks: string[] = [];
    const passes: Pass[] = [{ run: 'run-1' }, { run: 'run-1', step: 's1' }, { run: 'run-1', step: 's2' }];
    for (let i = 0; i < 10; i += 1) await addPasses(queue, passes);
    work(async (pass) => {
      looks.push(jobIdOf(pass));
      return { againInMs: 60_000 };
    });
    await expect.poll(() => looks.length).toBe(3);
    for (let i = 0; i < 10; i += 1) await addPasses(queue, passes);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(looks.toSorted()).toEqual(['run-1.run', 'run-1.s1', 'run-1.s2']);
  });

  it('over steps that are under way go before those over steps that have begun nothing, and again after them once they have not', async () => {
    const { queue, work } = fleetQueue();
    const order: string[] = [];
    const others = Array.from({ length: 40 }, (_, index) => `s${index + 2}`);
    await addPasses(
      queue,
      ['s1', ...others].map((step) => ({ run: 'run-1', step })),
    );
    const looksAt = (step: string): readonly number[] =>
      order.flatMap((seen, place) => (seen === step ? [place] : []));
    work(
      async ({ step = '' }) => {
        order.push(step);
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (step !== 's1') return undefined;
        return looksAt('s1').length < 3
          ? { againInMs: 1, isUnderWay: looksAt('s1').length === 1 }
          : undefined;
      },
      { concurrency: 1 },
    );
    await expect.poll(() => order.length, { timeout: 10_000 }).toBe(43);
    const [first, second, third] = looksAt('s1');
    expect(first).toBe(0);
    expect(second).toBeLessThan(20);
    expect(third).toBeGreaterThan(35);
  });

  it('can be added again after they have ended', async () => {
    const { queue, work } = fleetQueue();
    let looks = 0;
    work(async () => {
      looks += 1;
      return undefined;
    });
    await addPasses(queue, [{ run: 'run-1' }]);
    await expect.poll(() => looks).toBe(1);
    await expect.poll(() => queue.getJob('run-1.run')).toBeUndefined();
    await addPasses(queue, [{ run: 'run-1' }]);
    await expect.poll(() => looks).toBe(2);
  });

  it('that sleep are woken, that are missing are added', async () => {
    const { queue, work } = fleetQueue();
    let looks = 0;
    work(async () => {
      looks += 1;
      return { againInMs: 60_000 };
    });
    await hurryPass(queue, { run: 'run-1' });
    await expect.poll(() => looks).toBe(1);
    await expect.poll(async () => (await queue.getJob('run-1.run'))?.isDelayed()).toBe(true);
    await hurryPass(queue, { run: 'run-1' });
    await expect.poll(() => looks).toBe(2);
  });

  it('that wait do not block a worker', async () => {
    const { queue, work } = fleetQueue();
    const looked = new Set<string>();
    work(
      async (pass) => {
        looked.add(pass.step ?? '');
        return { againInMs: 60_000 };
      },
      { concurrency: 1 },
    );
    const steps = Array.from({ length: 30 }, (_, index) => `s${index}`);
    await addPasses(
      queue,
      steps.map((step) => ({ run: 'run-1', step })),
    );
    await expect.poll(() => looked.size).toBe(30);
  });

  it('over a run go before all that wait for a turn, each time', async () => {
    const { queue, work } = fleetQueue();
    const steps = Array.from({ length: 40 }, (_, index) => ({ run: 'run-1', step: `s${index}` }));
    await addPasses(queue, [...steps, { run: 'run-1' }]);
    const looked: string[] = [];
    work(
      async ({ step = 'run' }) => {
        looked.push(step);
        const isFirstOfRun = step === 'run' && looked.indexOf('run') === looked.length - 1;
        await new Promise((resolve) => setTimeout(resolve, 10));
        return { againInMs: isFirstOfRun ? 30 : 60_000 };
      },
      { concurrency: 1 },
    );
    await expect.poll(() => looked.length, { timeout: 5_000 }).toBe(42);
    expect(looked.indexOf('run')).toBe(0);
    expect(looked.lastIndexOf('run')).toBeLessThan(20);
    // Those over steps are begun in the order in which they came.
    expect(looked.filter((each) => each !== 'run')).toEqual(steps.map(({ step }) => step));
  });

  it('over a run that are woken do not line up either', async () => {
    const { queue, work } = fleetQueue();
    await addPasses(queue, [{ run: 'run-1' }]);
    const looked: string[] = [];
    work(
      async ({ step = 'run' }) => {
        looked.push(step);
        if (step === 's9') await hurryPass(queue, { run: 'run-1' });
        return { againInMs: 60_000 };
      },
      { concurrency: 1 },
    );
    await expect.poll(async () => (await queue.getJob('run-1.run'))?.isDelayed()).toBe(true);
    const steps = Array.from({ length: 40 }, (_, index) => ({ run: 'run-1', step: `s${index}` }));
    await addPasses(queue, steps);
    await expect.poll(() => looked.length, { timeout: 5_000 }).toBe(42);
    expect(looked.lastIndexOf('run')).toBeLessThan(20);
  });

  it('that fail are reported and can be added again', async () => {
    const { queue, work, errors } = fleetQueue();
    work(async () => {
      throw new Error('nobody foresaw this');
    });
    await addPasses(queue, [{ run: 'run-1' }]);
    await expect.poll(() => errors).toEqual(['pass run-1.run: nobody foresaw this']);
    await expect.poll(() => queue.getJob('run-1.run')).toBeUndefined();
  });
});

describe('a worker that lost the lock of a job', () => {
  it('is told by the signal of the pass', async () => {
    const { fleet, queue, work } = fleetQueue();
    const aborted: string[] = [];
    work(async (_pass, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      aborted.push('lost');
      return undefined;
    });
    await addPasses(queue, [{ run: 'run-1', step: 's1' }]);
    await expect.poll(async () => (await queue.getJob('run-1.s1'))?.isActive()).toBe(true);
    const lock = `${keys.queues}:passes-${fleet}:run-1.s1:lock`;
    const connection = redis.connect();
    expect(await connection.get(lock)).not.toBeNull();
    // Another worker has taken the job over.
    await connection.set(lock, 'somebody-else', 'PX', 60_000);
    await expect.poll(() => aborted, { timeout: 5_000 }).toEqual(['lost']);
    await connection.del(lock);
  });
});

describe('a worker that was killed', () => {
  it('leaves its pass to another one, within the lock and one look for stalled jobs', async () => {
    const { fleet, queue, work } = fleetQueue();
    await addPasses(queue, [{ run: 'run-1', step: 's1' }]);
    const script = fileURLToPath(new URL('./hanging-worker.ts', import.meta.url));
    const child = spawn(process.execPath, [script, redis.server.url, fleet], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', () => reject(new Error('the worker ended by itself')));
    });
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    const killedMs = Date.now();
    let takenOverMs = 0;
    work(async () => {
      takenOverMs = Date.now();
      return undefined;
    });
    await expect.poll(() => takenOverMs, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(takenOverMs - killedMs).toBeLessThan(9_000);
  });
});

describe('closing a worker', () => {
  it('tells the passes under way, waits for them and leaves their jobs to others', async () => {
    const { queue, work } = fleetQueue();
    let begun = false;
    let told = false;
    const worker = work(async (_pass, signal) => {
      begun = true;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      told = true;
      return { againInMs: 0 };
    });
    await addPasses(queue, [{ run: 'run-1', step: 's1' }]);
    // Its job is active in Redis some moments before its pass is begun.
    await expect.poll(() => begun).toBe(true);
    await worker.close();
    expect(told).toBe(true);
    expect(await (await queue.getJob('run-1.s1'))?.isActive()).toBe(false);
  });
});
