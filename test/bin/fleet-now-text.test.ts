import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { apiClient } from '../../bin/api-client.ts';
import { fleetNowLines } from '../../bin/fleet-now-text.ts';
import { runText } from '../../bin/run-text.ts';
import type { Run } from '../../executor/run.ts';
import { type TestServer, testServer } from '../api/test-server.ts';
import { threeZonesFailedOver } from '../fixtures/fleet.ts';

let server: TestServer | undefined;
afterEach(() => server?.app.close());

/** A run that waits for approval, and the lines on its fleet. */
async function waitingRun() {
  const made = await testServer({ needsApproval: true });
  server = made;
  await made.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = made.app.server.address() as AddressInfo;
  const client = apiClient({ SWITCHYARD_URL: `http://127.0.0.1:${port}` });
  const plan = await made.plan();
  const run = (await client.post('/v1/runs', { planId: plan.id })) as Run;
  return { server: made, plan, run, lines: (of: Run = run) => fleetNowLines(client, of) };
}

it('says of a run that waits for approval whether its plan still fits the fleet, and what has changed', async () => {
  const { server, plan, run, lines } = await waitingRun();
  expect(await lines()).toEqual(['fleet    is as it was when the plan was made']);
  server.show(threeZonesFailedOver().items);
  const [sentence, ...changes] = await lines();
  expect(sentence).toMatch(/^fleet {4}has changed, and the plan does not hold as it is now; /);
  expect(changes[0]).toBe('         - default/acid-a now has its primary on acid-a-2, not on acid-a-0.');
  expect(runText(run, plan, Date.now(), [`${sentence}`, ...changes])).toMatch(
    /^fleet {4}has changed.*\n {9}- /m,
  );
});

it('says why it does not know, and nothing of a run that has begun', async () => {
  const { server, run, lines } = await waitingRun();
  server.show(undefined);
  expect((await lines())[0]).toMatch(/^fleet {4}could not be compared with the plan: ./);
  expect(await lines({ ...run, state: 'running' })).toEqual([]);
});
