import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openRedis } from '../../../executor/redis/connection.ts';
import { findOrInstallRedis } from '../../../executor/redis/find-redis.ts';
import { findRedisProgram, startPrivateRedis } from '../../../executor/redis/private-server.ts';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});
function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-'));
  dirs.push(dir);
  return dir;
}

describe('a private server', () => {
  it('listens on its socket only, writes through, and forgets nothing when it is stopped', async () => {
    const dir = folder();
    const first = await startPrivateRedis({ dir });
    const one = openRedis(first.url);
    expect(await one.config('GET', 'port')).toEqual(['port', '0']);
    expect(await one.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    await one.set('switchyard:kept', 'yes');
    one.disconnect();
    await first.stop();
    expect(() => process.kill(first.pid, 0)).toThrow();
    const second = await startPrivateRedis({ dir });
    const two = openRedis(second.url);
    expect(await two.get('switchyard:kept')).toBe('yes');
    two.disconnect();
    await second.stop();
  });

  it('is not started twice on one folder', async () => {
    const dir = folder();
    const first = await startPrivateRedis({ dir });
    await expect(startPrivateRedis({ dir })).rejects.toThrow('already');
    await first.stop();
  });

  it('is refused a folder whose socket path the system would not take', async () => {
    await expect(startPrivateRedis({ dir: join(folder(), 'x'.repeat(100)) })).rejects.toThrow('too long');
  });

  it('that cannot start says what it said', async () => {
    await expect(startPrivateRedis({ dir: folder(), program: '/bin/false' })).rejects.toThrow(
      '/bin/false did not start',
    );
    await expect(startPrivateRedis({ dir: folder(), program: '/no/such/program' })).rejects.toThrow('ENOENT');
  });
});

describe('where Redis comes from', () => {
  const silent = () => {};
  it('is REDIS_URL where it is set', async () => {
    expect(await findOrInstallRedis(silent, { REDIS_URL: 'redis://there:6379' })).toEqual({
      kind: 'url',
      url: 'redis://there:6379',
    });
  });

  it('is a program on the PATH otherwise, and nothing is said or installed then', async () => {
    const said: string[] = [];
    const found = await findOrInstallRedis((line) => said.push(line), { PATH: process.env.PATH });
    expect(found).toEqual({ kind: 'private', program: findRedisProgram() });
    expect(said).toEqual([]);
  });

  it('is a command to type where there is neither Redis nor apt-get', async () => {
    const found = await findOrInstallRedis(silent, { PATH: folder() });
    expect(found.kind).toBe('missing');
  });
});
