import { describe, expect, it } from 'vitest';
import { nameRequest } from '../../../executor/kubernetes/count-requests.ts';
import { rememberLease } from '../../../executor/kubernetes/kept-lease.ts';
import { limitRate } from '../../../executor/kubernetes/rate-limit.ts';
import type { LeaseAnswer } from '../../../executor/ports.ts';

/** Time that passes only where somebody rests, and no real time. */
function restlessClock() {
  let ms = 0;
  return {
    nowMs: () => ms,
    rest: async (wait: number) => {
      await new Promise((resolve) => setImmediate(resolve));
      ms += wait;
    },
  };
}

describe('the rate limit', () => {
  it('lets a burst through at once and then so many a second', async () => {
    const clock = restlessClock();
    const limit = limitRate({ perSecond: 10, burst: 5 }, clock, clock.rest);
    const sentMs: number[] = [];
    await Promise.all(
      Array.from({ length: 25 }, async () => {
        await limit.turn('look', 'GET x');
        sentMs.push(clock.nowMs());
      }),
    );
    expect(sentMs.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(sentMs.at(-1)).toBe(2_000);
  });

  it('lets acts go before looks that came first', async () => {
    const clock = restlessClock();
    const limit = limitRate({ perSecond: 10, burst: 1 }, clock, clock.rest);
    const order: string[] = [];
    const turn = async (urgency: 'act' | 'look', name: string) => {
      await limit.turn(urgency, name);
      order.push(name);
    };
    await Promise.all([turn('look', 'a'), turn('look', 'b'), turn('look', 'c'), turn('act', 'evict')]);
    expect(order).toEqual(['a', 'evict', 'b', 'c']);
  });

  it('gives up on a request that waited too long, and says why', async () => {
    const clock = restlessClock();
    const limit = limitRate({ perSecond: 0.01, burst: 1 }, clock, clock.rest);
    await limit.turn('look', 'GET a');
    await limit.turn('look', 'GET b');
    const slow = Promise.allSettled([limit.turn('look', 'GET c'), limit.turn('look', 'GET d')]);
    expect((await slow)[1]).toMatchObject({ status: 'rejected', reason: { code: 'throttled' } });
  });
});

describe('the name of a request', () => {
  it.each([
    ['GET', '/api/v1/nodes', false, 'list nodes'],
    ['GET', '/api/v1/nodes/n1', false, 'get nodes'],
    ['GET', '/api/v1/pods', true, 'watch pods'],
    ['GET', '/api/v1/namespaces/default', false, 'get namespaces'],
    ['GET', '/apis/apps/v1/namespaces/default/statefulsets/a', false, 'get statefulsets'],
    ['POST', '/api/v1/namespaces/default/pods/a-0/eviction', false, 'create pods/eviction'],
    ['PUT', '/apis/coordination.k8s.io/v1/namespaces/default/leases/switchyard', false, 'update leases'],
    ['PATCH', '/api/v1/nodes/n1', false, 'patch nodes'],
  ])('%s %s is as audit logs have it', (method, path, watch, name) => {
    expect(nameRequest(method, path, { watch })).toBe(name);
  });
});

describe('a lease that is remembered', () => {
  const wish = { holder: 'run-1', durationSeconds: 40 };
  function remembered(answers: readonly LeaseAnswer[]) {
    const time = { ms: 1_000 };
    let asked = 0;
    const lease = rememberLease(
      {
        holdLease: async () => answers[asked++] ?? { kind: 'held' },
        dropLease: async () => {},
      },
      { nowMs: () => time.ms },
    );
    return { lease, time, asked: () => asked };
  }

  it('is asked for again after a quarter of its duration, and not before', async () => {
    const { lease, time, asked } = remembered([]);
    await lease.holdLease(wish);
    time.ms += 9_999;
    await lease.holdLease(wish);
    expect(asked()).toBe(1);
    time.ms += 1;
    await lease.holdLease(wish);
    expect(asked()).toBe(2);
  });

  it('is asked for again for another run, after it was dropped, and where the run was resumed since', async () => {
    const { lease, time, asked } = remembered([]);
    await lease.holdLease(wish);
    await lease.holdLease({ ...wish, holder: 'run-2' });
    expect(asked()).toBe(2);
    await lease.dropLease({ holder: 'run-2' });
    await lease.holdLease(wish);
    expect(asked()).toBe(3);
    time.ms += 10;
    await lease.holdLease({ ...wish, sinceMs: time.ms - 5 });
    expect(asked()).toBe(4);
  });

  it('that is taken is never remembered', async () => {
    const taken = { kind: 'taken', by: 'other', untilMs: 9 } as const;
    const { lease } = remembered([taken, taken]);
    expect([await lease.holdLease(wish), await lease.holdLease(wish)]).toEqual([taken, taken]);
  });
});
