import { Webhook } from 'standardwebhooks';
import { afterEach, expect, it } from 'vitest';
import type { News } from '../../../executor/news-of.ts';
import { systemClock } from '../../../executor/system-clock.ts';
import { openNoticeChannel } from '../../../executor/webhooks/notice-channel.ts';
import { type Answer, serveAnswers } from '../answering-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const secret = `whsec_${Buffer.from('a secret of thirty-two characters').toString('base64')}`;
const news: News = {
  id: 'run-1.7',
  atMs: 0,
  by: 'w1',
  notice: { code: 'halted', facts: { run: 'run-1', fleet: 'prod', reason: 'node n1 is gone' } },
};

async function connect(answer: Answer) {
  const server = await serveAnswers(() => answer);
  const url = `${server.url}/hooks/secret-of-the-chat`;
  const channel = openNoticeChannel({ url, secret, clock: systemClock, requestDeadlineMs: 200 });
  open.push(server, channel);
  return { server, channel };
}

it('a notice is signed, carries the same id each time, and says enough to decide on', async () => {
  const { server, channel } = await connect({ status: 204 });
  expect(await channel.tell(news)).toBe(true);
  expect(await channel.tell(news)).toBe(true);
  const ids = server.asked.map((asked) => asked.headers['webhook-id']);
  expect(ids).toEqual(['run-1.7', 'run-1.7']);
  const [asked] = server.asked;
  const headers = {
    'webhook-id': String(asked?.headers['webhook-id']),
    'webhook-timestamp': String(asked?.headers['webhook-timestamp']),
    'webhook-signature': String(asked?.headers['webhook-signature']),
  };
  expect(new Webhook(secret).verify(asked?.body ?? '', headers)).toMatchObject({
    type: 'run.halted',
    data: {
      run: 'run-1',
      fleet: 'prod',
      code: 'halted',
      text: expect.stringContaining('HALTED, waits for you'),
    },
  });
});

it.each<[Answer, string]>([
  ['hang', 'timeout'],
  ['drop', 'unreachable'],
  [{ status: 500 }, 'server-error'],
  [{ status: 401 }, 'not-allowed'],
])('an address that answers %j has not taken it', async (answer, code) => {
  const { channel } = await connect(answer);
  await expect(channel.tell(news)).rejects.toMatchObject({ name: 'OutsideError', code, target: 'notice' });
});

it('what is no notice is not for it, and its name does not give the address away', async () => {
  const { server, channel } = await connect({ status: 204 });
  expect(await channel.tell({ id: 'run-1.8', atMs: 0, by: 'w1' })).toBe(false);
  expect(server.asked).toEqual([]);
  expect(channel.name).toMatch(/^notice-[0-9a-f]{8}$/);
});
