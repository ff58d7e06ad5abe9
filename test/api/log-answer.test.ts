import { expect, it } from 'vitest';
import { logAnswer } from '../../api/log-answer.ts';

function loggedAt(method: string, statusCode: number): readonly (readonly [string, object])[] {
  const lines: (readonly [string, object])[] = [];
  const log = {
    debug: (line: object) => void lines.push(['debug', line]),
    info: (line: object) => void lines.push(['info', line]),
  };
  const request = { method, url: '/v1/runs', ip: '127.0.0.1', caller: 'anna', log };
  logAnswer(request, { statusCode, elapsedTime: 12.4 });
  return lines;
}

it('what was asked to be done and what failed is logged in one line, and looks that went well at debug only', () => {
  const line = {
    method: 'POST',
    url: '/v1/runs',
    status: 202,
    ms: 12,
    by: 'anna',
    ip: '127.0.0.1',
  };
  expect(loggedAt('POST', 202)).toEqual([['info', line]]);
  expect(loggedAt('GET', 200).map(([level]) => level)).toEqual(['debug']);
  expect(loggedAt('HEAD', 304).map(([level]) => level)).toEqual(['debug']);
  expect(loggedAt('GET', 503).map(([level]) => level)).toEqual(['info']);
  expect(loggedAt('POST', 409).map(([level]) => level)).toEqual(['info']);
});
