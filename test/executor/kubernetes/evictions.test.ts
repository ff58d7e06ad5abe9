import { describe, expect, it } from 'vitest';
import { OutsideError } from '../../../executor/errors.ts';
import { nameAnswer } from '../../../executor/kubernetes/evictions.ts';
import type { RestAnswer } from '../../../executor/kubernetes/rest.ts';
import { recording } from '../answering-server.ts';

function name(file: string) {
  const { request, response } = recording('kubernetes', file);
  const pod = request.path.split('/').at(-2) ?? '';
  return nameAnswer({ asked: 'POST eviction', status: response.status, body: response.body }, pod);
}

describe('recorded answers of a real API server to an eviction', () => {
  it.each([
    '089-eviction-no-pdb-201',
    '091-eviction-of-terminating-pod',
    '092-eviction-pdb-allows-201',
    '095-eviction-with-grace-0',
    '099-eviction-unhealthy-alwaysallow-201',
    '102-eviction-unhealthy-ifhealthybudget-201',
    '104-eviction-of-pending-pod-201',
  ])('%s is evicted', (file) => {
    expect(name(file)).toEqual({ kind: 'evicted' });
  });

  it.each([
    ['080-eviction-dry-run-blocked-429', /needs 3 healthy pods/],
    ['083-eviction-blocked-by-pdb-429', /tight needs 3 healthy pods/],
    ['093-eviction-pdb-used-up-429', /needs/],
    ['096-eviction-pdb-not-observed-429-retry-after', /still being processed/],
    ['098-eviction-unhealthy-default-policy-429', /needs/],
    ['100-eviction-unhealthy-ifhealthybudget-minavailable-0-429', /needs 0 healthy pods and has 0/],
    ['138-eviction-of-primary-blocked-by-its-pdb-429', /needs 1 healthy pods/],
    ['084-eviction-two-pdbs-500', /more than one PodDisruptionBudget/],
  ])('%s is a budget that says why', (file, why) => {
    expect(name(file)).toEqual({ kind: 'budget', message: expect.stringMatching(why) });
  });

  it('a missing pod is gone', () => {
    expect(name('085-eviction-missing-pod-404')).toEqual({ kind: 'gone' });
  });

  it('another UID under that name is a replaced pod', () => {
    expect(name('081-eviction-wrong-uid-409')).toEqual({ kind: 'replaced' });
  });

  it('the same pod that changed since it was looked at is a conflict', () => {
    expect(name('082-eviction-stale-resourceversion-409')).toEqual({ kind: 'conflict' });
  });

  it('missing rights are forbidden, with the sentence of the server', () => {
    expect(name('020-forbidden-403-eviction')).toEqual({
      kind: 'forbidden',
      message: expect.stringContaining('cannot create resource "pods/eviction"'),
    });
  });

  it.each(['086-eviction-name-mismatch-400', '087-eviction-wrong-kind-400'])('%s is forbidden', (file) => {
    expect(name(file).kind).toBe('forbidden');
  });
});

describe('answers that say nothing about the pod are failures of the outside', () => {
  const answer = (status: number, body: unknown): RestAnswer => ({ asked: 'POST eviction', status, body });
  it.each<[string, RestAnswer, string]>([
    [
      'throttling without a budget as cause',
      answer(429, { kind: 'Status', message: 'slow down' }),
      'throttled',
    ],
    ['a broken server', answer(500, { kind: 'Status', message: 'etcd' }), 'server-error'],
    ['a gateway', answer(502, undefined), 'server-error'],
    ['a 404 of a proxy', answer(404, undefined), 'unexpected-answer'],
    [
      'a 404 for another object',
      answer(404, { kind: 'Status', reason: 'NotFound', details: { name: 'x' } }),
      'unexpected-answer',
    ],
    [
      'a conflict of two writers',
      answer(409, { kind: 'Status', message: 'the object has been modified' }),
      'unexpected-answer',
    ],
    ['missing authentication', answer(401, { kind: 'Status' }), 'not-allowed'],
  ])('%s', (_name, given, code) => {
    expect(() => nameAnswer(given, 'acid-a-0')).toThrow(expect.objectContaining({ code }));
    expect(() => nameAnswer(given, 'acid-a-0')).toThrow(OutsideError);
  });
});
