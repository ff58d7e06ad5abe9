import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { apiClient } from '../../bin/api-client.ts';
import { BadInput } from '../../bin/exit.ts';

/** The message of the failure of asking a service that answers so. */
async function failureOf(status: number, problem: object): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(JSON.stringify(problem)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const failed = await apiClient({ SWITCHYARD_URL: `http://127.0.0.1:${port}/` })
    .get('/v1/runs/x')
    .catch((error: Error) => error.message);
  server.close();
  return String(failed);
}

describe('what the command line says of a service that does not do what was asked', () => {
  it('names what helps', async () => {
    expect(await failureOf(404, { code: 'unknown-run', detail: 'There is no run x.' })).toBe(
      'unknown-run: There is no run x; switchyard run list shows those there are',
    );
    expect(await failureOf(409, { code: 'wrong-state', detail: 'Run x is finished.' })).toBe(
      'wrong-state: Run x is finished; switchyard run status x says what is possible',
    );
    expect(await failureOf(409, { code: 'fleet-busy', detail: 'Run y is under way on fleet f.' })).toBe(
      'fleet-busy: Run y is under way on fleet f; switchyard run list shows how far that run is, run abort with its id ends it',
    );
    expect(await failureOf(404, { code: 'unknown-plan', detail: 'There is no plan x.' })).toContain(
      'run list',
    );
    expect(await failureOf(401, { code: 'not-authenticated', detail: 'Say who you are.' })).toContain(
      'SWITCHYARD_TOKEN',
    );
  });

  it('calls an address that is none bad input', () => {
    for (const address of ['abc', '', 'ftp://127.0.0.1', '127.0.0.1:8080'])
      expect(() => apiClient({ SWITCHYARD_URL: address })).toThrow(BadInput);
  });

  it('says why nobody answers, and of an order whether it may have been carried out', async () => {
    const away = apiClient({ SWITCHYARD_URL: 'http://127.0.0.1:9' });
    await expect(away.get('/v1/runs')).rejects.toThrow(/no answer \((bad port|ECONNREFUSED)\)/);
    const server = createServer((request) => request.socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = apiClient({ SWITCHYARD_URL: `http://localhost:${port}` });
    await expect(client.post('/v1/runs', {})).rejects.toThrow(/Whether it was carried out is unknown/);
    server.close();
    await expect(client.post('/v1/runs', {})).rejects.toThrow(/\(ECONNREFUSED\).*Nothing was changed/);
  });
});
