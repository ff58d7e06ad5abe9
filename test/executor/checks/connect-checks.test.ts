import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { wrongInCheckUrl } from '../../../executor/checks/check-url.ts';
import { connectChecks } from '../../../executor/checks/index.ts';
import { type Answer, serveAnswers } from '../answering-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const names = { namespace: 'prod', cluster: 'acid-a', member: 'acid-a-0' };
const quiet = { backupRunning: false, longestTransactionSeconds: 0 };

async function connect(answer: Answer, address = '/{namespace}/{cluster}?member={member}&token=secret') {
  const server = await serveAnswers(() => answer);
  const checks = connectChecks({ url: `${server.url}${address}`, requestDeadlineMs: 300 });
  open.push(server, checks);
  return { server, checks };
}

describe('the question what goes on in a cluster', () => {
  it('names the cluster and its primary in the address, and believes a clear answer', async () => {
    const answer = { backupRunning: true, longestTransactionSeconds: 12.5, more: 'than was asked' };
    const { server, checks } = await connect({ status: 200, body: answer });
    await expect(checks.readActivity(names)).resolves.toEqual({
      backupRunning: true,
      longestTransactionSeconds: 12.5,
    });
    expect(server.asked).toMatchObject([{ method: 'GET', path: '/prod/acid-a' }]);
    expect(server.asked[0]?.query.get('member')).toBe('acid-a-0');
  });

  it('puts names into the address that mean nothing there', async () => {
    const { server, checks } = await connect({ status: 200, body: quiet }, '/?of={cluster}');
    await checks.readActivity({ ...names, cluster: 'a&b=/../{member}' });
    expect(server.asked[0]?.query.get('of')).toBe('a&b=/../{member}');
    expect(server.asked[0]?.path).toBe('/');
  });

  it.each<[string, Answer, string, RegExp]>([
    ['nothing', 'hang', 'timeout', /no answer within 300 ms/],
    ['a yes that comes too late', { status: 200, body: quiet, afterMs: 900 }, 'timeout', /no answer/],
    ['a closed connection', 'drop', 'unreachable', /./],
    ['500', { status: 500, body: quiet }, 'server-error', /status 500/],
    ['404', { status: 404, body: quiet }, 'unexpected-answer', /status 404/],
    ['201', { status: 201, body: quiet }, 'unexpected-answer', /status 201/],
    [
      'a redirect',
      { status: 302, headers: { location: '/elsewhere' }, body: quiet },
      'unexpected-answer',
      /status 302/,
    ],
    ['nothing in it', { status: 200, body: '' }, 'unexpected-answer', /not the JSON/],
    ['a page', { status: 200, body: '<html>fine</html>' }, 'unexpected-answer', /not the JSON/],
    [
      'half of an object',
      { status: 200, body: '{"backupRunning": fal' },
      'unexpected-answer',
      /not the JSON/,
    ],
    ['null', { status: 200, body: 'null' }, 'unexpected-answer', /not the JSON/],
    [
      'a word for a truth',
      { status: 200, body: { ...quiet, backupRunning: 'no' } },
      'unexpected-answer',
      /backupRunning is missing or wrong/,
    ],
    [
      'nothing of backups',
      { status: 200, body: { longestTransactionSeconds: 0 } },
      'unexpected-answer',
      /backupRunning/,
    ],
    [
      'nothing of transactions',
      { status: 200, body: { backupRunning: false } },
      'unexpected-answer',
      /longestTransactionSeconds is missing or wrong/,
    ],
    [
      'null, as of a query that may not see them',
      { status: 200, body: { backupRunning: false, longestTransactionSeconds: null } },
      'unexpected-answer',
      /longestTransactionSeconds/,
    ],
    [
      'a time before now',
      { status: 200, body: { backupRunning: false, longestTransactionSeconds: -1 } },
      'unexpected-answer',
      /longestTransactionSeconds/,
    ],
    [
      'a number that is none',
      { status: 200, body: '{"backupRunning": false, "longestTransactionSeconds": 1e999}' },
      'unexpected-answer',
      /longestTransactionSeconds/,
    ],
  ])('takes %s for no answer', async (_, answer, code, message) => {
    const { checks, server } = await connect(answer);
    const failure = checks.readActivity(names);
    await expect(failure).rejects.toMatchObject({ name: 'OutsideError', code, target: 'check' });
    await expect(failure).rejects.toThrow(message);
    // Asked once, and what may be secret in the address is not told.
    expect(server.asked).toHaveLength(1);
    await expect(failure).rejects.not.toThrow(/secret|127\.0\.0\.1/);
  });

  it('takes a server that is not there for no answer', async () => {
    const { server, checks } = await connect({ status: 200, body: quiet });
    await server.close();
    open.shift();
    await expect(checks.readActivity(names)).rejects.toMatchObject({ code: 'unreachable' });
  });

  /** Sends blanks, which JSON allows before a value, for as long as somebody reads and at most `bytesMax`. */
  async function serveBlanks(bytesMax: number, everyMs: number) {
    let sent = 0;
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = ' '.repeat(everyMs === 0 ? 64 * 1024 : 1);
      const send = (): void => {
        while (!response.destroyed && sent < bytesMax) {
          sent += chunk.length;
          if (response.write(chunk) && everyMs === 0) continue;
          if (everyMs === 0) response.once('drain', send);
          else setTimeout(send, everyMs);
          return;
        }
        response.end(JSON.stringify(quiet));
      };
      send();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const checks = connectChecks({ url: `http://127.0.0.1:${port}/{cluster}`, requestDeadlineMs: 1_000 });
    open.push(
      {
        close: async () => {
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        },
      },
      checks,
    );
    return { checks, sent: () => sent };
  }

  it('does not read a huge answer to its end', async () => {
    const hugeBytes = 512 * 1024 * 1024;
    const { checks, sent } = await serveBlanks(hugeBytes, 0);
    await expect(checks.readActivity(names)).rejects.toThrow(/more than 16384 bytes/);
    expect(sent()).toBeLessThan(hugeBytes / 4);
  });

  it('waits for the whole answer no longer than for its beginning', async () => {
    const { checks } = await serveBlanks(10_000, 20);
    await expect(checks.readActivity(names)).rejects.toMatchObject({ code: 'timeout' });
  });
});

describe('the address of the check', () => {
  it.each([
    'http://checks.tools:8000/{cluster}.{namespace}',
    'https://{member}.{namespace}.svc:9187/check',
    'http://checks?of={cluster}&in={namespace}',
  ])('may be %s', (url) => {
    expect(wrongInCheckUrl(url)).toBeUndefined();
  });

  it.each([
    ['checks.tools/{cluster}', /http/],
    ['ftp://checks/{cluster}', /http/],
    ['http://', /http/],
    ['http://checks/{clustre}', /braces/],
    ['http://checks/{cluster}/{database}', /braces/],
    // All clusters would be given the same answer.
    ['http://checks/', /\{cluster\}/],
    ['http://checks/{namespace}', /\{cluster\}/],
  ])('may not be %s', (url, wrong) => {
    expect(wrongInCheckUrl(url)).toMatch(wrong);
  });
});
