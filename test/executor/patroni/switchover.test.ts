import { describe, expect, it } from 'vitest';
import { nameAnswer } from '../../../executor/patroni/switchover.ts';
import { recording } from '../answering-server.ts';

function name(file: string) {
  const { request, response } = recording('patroni', file);
  const asked = request.body as { candidate?: string } | null;
  return nameAnswer(response.status, String(response.body), asked?.candidate ?? '');
}

describe('recorded answers of real Patroni to a switchover', () => {
  it.each([
    ['065-switchover-ok-candidate', 'acid-b-0'],
    ['067-switchover-ok-asked-of-replica', 'acid-b-1'],
    ['069-switchover-concurrent-1', 'acid-b-0'],
    ['076-switchover-paused-candidate', 'acid-b-1'],
    ['085-switchover-sync-mode-to-sync-standby', 'acid-b-2'],
  ])('%s switched', (file, to) => {
    expect(name(file)).toEqual({ kind: 'switched', to });
  });

  it('a 200 may say that somebody else became primary', () => {
    expect(name('070-switchover-concurrent-2')).toEqual({ kind: 'other-target', to: 'acid-b-0' });
  });

  it.each([
    ['049-switchover-wrong-leader', 412, 'leader name does not match'],
    ['051-switchover-leader-missing', 400, 'Switchover could be performed only from a specific leader'],
    ['052-switchover-candidate-nonexistent', 412, 'candidate does not exists'],
    ['053-switchover-candidate-is-leader', 503, 'Switchover failed'],
    ['054-switchover-empty-object', 400, 'Bad Request.'],
    ['058-switchover-scheduled-past', 422, 'Cannot schedule switchover in the past'],
    [
      '074-switchover-paused-no-candidate',
      400,
      'Switchover is possible only to a specific candidate in a paused state',
    ],
    ['084-switchover-sync-mode-to-async', 412, 'candidate name does not match with sync_standby'],
    [
      '087-switchover-candidate-not-answering',
      412,
      'switchover is not possible: no good candidates have been found',
    ],
    ['102-switchover-candidate-lagging', 503, 'Switchover failed'],
  ])('%s did nothing, and says why', (file, status, message) => {
    expect(name(file)).toEqual({ kind: 'not-done', status, message });
  });
});

describe('answers after which it may still happen', () => {
  it.each([
    [503, 'Switchover status unknown'],
    [503, 'Switchover status unknown after 60 seconds; operation may still be in progress'],
    [503, 'upstream connect error'],
    [502, 'Bad Gateway'],
    [504, ''],
    [500, 'Internal Server Error'],
    [408, 'Request Timeout'],
    [202, 'Switchover scheduled'],
    [200, ''],
    [200, 'something that no Patroni says'],
  ])('%i %s is unknown', (status, text) => {
    expect(nameAnswer(status, text, 'acid-a-1').kind).toBe('unknown');
  });

  it('a failover key that could not be written did nothing', () => {
    expect(nameAnswer(503, 'failed to write failover key into DCS', 'x').kind).toBe('not-done');
  });

  it('a success that names another member than the candidate is another target', () => {
    expect(nameAnswer(200, 'Successfully switched over to "acid-a-2"', 'acid-a-1')).toEqual({
      kind: 'other-target',
      to: 'acid-a-2',
    });
  });
});
