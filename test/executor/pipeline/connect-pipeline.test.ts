import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { connectPipeline } from '../../../executor/pipeline/index.ts';
import { systemClock } from '../../../executor/system-clock.ts';
import { type Answer, serveAnswers } from '../answering-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const secret = `whsec_${Buffer.from('a secret of thirty-two characters').toString('base64')}`;

async function connect(answer: Answer, options: { secret?: string } = {}) {
  const server = await serveAnswers(() => answer);
  const pipeline = connectPipeline({
    url: `${server.url}/pipeline`,
    clock: systemClock,
    requestDeadlineMs: 200,
    ...options,
  });
  open.push(server, pipeline);
  return { server, pipeline };
}

const want = { key: 'run-1.new-z1-1', zone: 'z1', labels: { 'lifecycle-status': 'ready' } };

describe('callbacks to the pipeline', () => {
  it('are signed so that a Standard Webhooks receiver takes them', async () => {
    const { server, pipeline } = await connect({ status: 202 }, { secret });
    await pipeline.wantNode(want);
    const [asked] = server.asked;
    const headers = {
      'webhook-id': String(asked?.headers['webhook-id']),
      'webhook-timestamp': String(asked?.headers['webhook-timestamp']),
      'webhook-signature': String(asked?.headers['webhook-signature']),
    };
    expect(new Webhook(secret).verify(asked?.body ?? '', headers)).toMatchObject({
      type: 'surge-wanted',
      data: { key: 'run-1.new-z1-1', zone: 'z1', count: 1, labels: { 'lifecycle-status': 'ready' } },
    });
    expect(() => new Webhook(secret).verify(`${asked?.body} `, headers)).toThrow();
  });

  it('carry the same id when they are repeated, and another one for another wish', async () => {
    const { server, pipeline } = await connect({ status: 200 });
    await pipeline.wantNode(want);
    await pipeline.wantNode(want);
    await pipeline.wantNode({ ...want, key: 'run-1.new-z1-2' });
    const ids = server.asked.map((asked) => asked.headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('name the released node and the machine behind it', async () => {
    const { server, pipeline } = await connect({ status: 204 });
    await pipeline.nodeReleased({ name: 'n1', providerId: 'aws:///z1/i-1' });
    expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject({
      type: 'node-released',
      data: { node: 'n1', providerID: 'aws:///z1/i-1' },
    });
  });

  it.each<[string, Answer, string]>([
    ['hangs', 'hang', 'timeout'],
    ['hangs up', 'drop', 'unreachable'],
    ['is broken', { status: 500 }, 'server-error'],
    ['knows no such address', { status: 404 }, 'unexpected-answer'],
    ['refuses the signature', { status: 401 }, 'not-allowed'],
  ])('are failures of the outside when the pipeline %s', async (_name, answer, code) => {
    const { pipeline } = await connect(answer);
    await expect(pipeline.wantNode(want)).rejects.toMatchObject({
      name: 'OutsideError',
      code,
      target: 'pipeline',
    });
  });

  it('go to nobody where no address is configured', async () => {
    const pipeline = connectPipeline({ clock: systemClock });
    await expect(pipeline.wantNode(want)).resolves.toBeUndefined();
    await expect(pipeline.nodeReleased({ name: 'n1' })).resolves.toBeUndefined();
  });
});
