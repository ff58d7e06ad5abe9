/** docs/webhooks.md against the code: every type, field and status that it names, and its example as it stands there. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { problems } from '../../api/problems.ts';
import { upgradeWebhook } from '../../api/schemas.ts';
import { noticeCodes, severities } from '../../executor/news-codes.ts';
import type { News } from '../../executor/news-of.ts';
import { connectPipeline } from '../../executor/pipeline/index.ts';
import { systemClock } from '../../executor/system-clock.ts';
import { openNoticeChannel } from '../../executor/webhooks/notice-channel.ts';
import { serveAnswers } from '../executor/answering-server.ts';
import { testServer, webhookSecret } from './test-server.ts';

const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');

function part(title: string): string {
  const found = page.split(/^## /m).find((text) => text.startsWith(title));
  if (found === undefined) throw new Error(`no part ${title}`);
  return found;
}

/** Rows of the tables of a part, as cells without their marks. */
function rows(title: string): readonly (readonly string[])[] {
  return part(title)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const words = (cell: string | undefined): readonly string[] =>
  [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? '');

describe('the page of the webhooks', () => {
  it('names the fields of cluster-upgrade, and the codes it is answered with under their status', () => {
    const inward = rows('In: cluster-upgrade');
    const fields = inward.filter(([, needed]) => needed === 'required' || needed === 'optional');
    expect(fields.map(([name]) => words(name)[0])).toEqual(Object.keys(upgradeWebhook.shape));
    const answers = inward.filter(([status]) => /^\d{3}/.test(status ?? ''));
    for (const [status = '', code] of answers.slice(1)) {
      expect(words(code).length).toBeGreaterThan(0);
      for (const name of words(code))
        expect(status.split(', ').map(Number), name).toContain(
          problems[name as keyof typeof problems]?.status,
        );
    }
  });

  it('names every notice with its severity, and no other', () => {
    const told = rows('Out: to people').filter(([type]) => type?.startsWith('`run.'));
    expect(told.map(([type, severity]) => [words(type)[0], severity])).toEqual(
      noticeCodes.map((code) => [`run.${code}`, severities[code]]),
    );
    // What may stand in the facts, from where they are made.
    const files = ['news-of', 'abort-run'].map(
      (name) => new URL(`../../executor/${name}.ts`, import.meta.url),
    );
    const source = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    for (const [type, , facts] of told)
      for (const fact of words(facts)) expect(source, `${type} ${fact}`).toMatch(new RegExp(`\\b${fact}\\b`));
  });

  it('names the fields of what is sent to the pipeline and to people', async () => {
    const server = await serveAnswers(() => ({ status: 204 }));
    const { url } = server;
    const pipeline = connectPipeline({ url, clock: systemClock });
    await pipeline.wantNode({ key: 'KEY', zone: 'z1', labels: {} });
    await pipeline.nodeReleased({ name: 'NODE', providerId: 'PROVIDERID' });
    const notices = openNoticeChannel({ url, clock: systemClock });
    const facts = { run: 'r', fleet: 'prod' };
    const news: News = { id: 'r.7', atMs: 0, by: 'w', notice: { code: 'halted', facts } };
    await notices.tell(news);
    const [wanted, released, notice] = server.asked.map(({ body, headers }) => ({
      id: String(headers['webhook-id']),
      ...(JSON.parse(body) as { type: string; data: Record<string, unknown> }),
    }));
    for (const close of [pipeline, notices, server]) await close.close();
    const callbacks = rows('Out: to the pipeline').slice(1);
    for (const sent of [wanted, released]) {
      const row = callbacks.find(([type]) => words(type)[0] === sent?.type);
      expect(words(row?.[1])).toEqual(Object.keys(sent?.data ?? {}));
      expect(words(row?.[2])).toEqual([sent?.id]);
    }
    const fields = Object.keys(notice?.data ?? {}).map((field) => `\`${field}\``);
    expect(part('Out: to people')).toContain(`fields\n${fields.join(', ')}`);
  });

  const tools = ['openssl', 'curl', 'od'];
  const missing = tools.filter((tool) => {
    try {
      execFileSync('which', [tool], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  const where = missing.length === 0 ? '' : ` (skipped: no ${missing.join(', ')})`;
  it.skipIf(missing.length > 0)(`has an example that signs and sends${where}`, async () => {
    const { app } = await testServer();
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const example = /```sh\n(.*?)```/s.exec(page)?.[1] ?? '';
    const env = {
      PATH: process.env.PATH ?? '',
      SWITCHYARD_URL: url,
      SWITCHYARD_WEBHOOK_SECRETS: `${webhookSecret},whsec_another`,
      SWITCHYARD_FLEET: 'prod-eu-1',
    };
    const { stdout } = await promisify(execFile)('sh', ['-euc', example], { env });
    await app.close();
    const answer: unknown = JSON.parse(stdout);
    expect(answer).toMatchObject({ planId: expect.any(String), runId: null, state: null });
    expect(page).toContain(`{ ${Object.keys(answer as object).join(', ')} }`);
  });
});
