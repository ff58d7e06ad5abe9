/** A server over a fleet that the test changes as it likes, a run service in memory and a clock that stands still. */
import type { App } from '../../api/app.ts';
import { buildServer } from '../../api/build-server.ts';
import { deliveriesInMemory } from '../../api/deliveries.ts';
import type { Dependencies } from '../../api/dependencies.ts';
import { OutsideError } from '../../executor/errors.ts';
import type { KubernetesObject } from '../../executor/ports.ts';
import type { DrainPlan } from '../../planner/plan.ts';
import { defaultPresets } from '../../planner/read/member-presets.ts';
import { drainRequest, threeZones } from '../fixtures/fleet.ts';
import { type MemoryRunService, memoryRunService } from './memory-run-service.ts';

export const webhookSecret = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;
export const startMs = Date.parse('2026-11-20T14:00:00Z');

export type TestServer = {
  readonly app: App;
  readonly runs: MemoryRunService;
  readonly clock: { nowMs(): number; advance(ms: number): void };
  /** What the fleet `prod-eu-1` consists of; undefined: it does not answer. */
  show(items: readonly KubernetesObject[] | undefined): void;
  /** How often the fleet was asked. */
  looks(): number;
  /** A plan for the nodes to be drained, made over HTTP. */
  plan(): Promise<DrainPlan>;
};

export async function testServer(changes: Partial<Dependencies> = {}): Promise<TestServer> {
  let nowMs = startMs;
  const clock = {
    nowMs: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
  let shown: readonly KubernetesObject[] | undefined = threeZones().items;
  let looks = 0;
  const runs = memoryRunService(changes.clock ?? clock);
  const app = await buildServer({
    runs,
    fleets: {
      list: () => ['prod-eu-1'],
      read: async () => {
        looks += 1;
        if (shown === undefined) {
          throw new OutsideError({
            code: 'timeout',
            target: 'kubernetes',
            request: 'GET nodes',
            message: 'no answer',
          });
        }
        return shown;
      },
    },
    memberPresets: defaultPresets,
    deliveries: deliveriesInMemory(clock),
    clock,
    callers: [],
    webhookSecrets: [webhookSecret],
    needsApproval: false,
    storeAnswers: async () => true,
    version: '0.0.0-test',
    ...changes,
  });
  return {
    app,
    runs,
    clock,
    show: (items) => {
      shown = items;
    },
    looks: () => looks,
    plan: async () => {
      const answer = await app.inject({
        method: 'POST',
        url: '/v1/plans',
        headers: authorization(changes),
        payload: { fleet: 'prod-eu-1', request: drainRequest() },
      });
      if (answer.statusCode !== 201) throw new Error(answer.body);
      return answer.json();
    },
  };
}

function authorization(changes: Partial<Dependencies>): Record<string, string> {
  const first = changes.callers?.[0];
  return first === undefined ? {} : { authorization: `Bearer ${first.token}` };
}
