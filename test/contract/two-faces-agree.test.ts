import { describe, expect, it } from 'vitest';
import { connectKubernetes } from '../../executor/kubernetes/index.ts';
import { connectPatroni } from '../../executor/patroni/index.ts';
import type { KubernetesPort, NodeChange, PatroniPort } from '../../executor/ports.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import { serveWorld } from '../../simulations/http/serve-world.ts';
import { createWorld } from '../../simulations/world/create-world.ts';
import { createRandom, type Random } from '../../simulations/world/random.ts';
import type { World } from '../../simulations/world/world.ts';
import { cluster, deployment, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';

type Face = {
  readonly world: World;
  readonly kubernetes: KubernetesPort;
  readonly patroni: PatroniPort;
  /** How many switchovers have arrived where they are answered; undefined: they arrive at once. */
  readonly switchoversArrived?: () => number;
};

/** One question or act, chosen by chance from what can be seen; asked of both faces in turn. */
type Ask = (face: Face) => Promise<unknown>;

function fleet() {
  return fleetObjects(
    zone('z1', node('n1', { drain: true }), node('n4')),
    zone('z2', node('n2', { drain: true }), node('n5')),
    zone('z3', node('n3', { drain: true }), node('n6')),
    cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
    cluster('acid-b', member('n2', 'primary'), member('n3')),
    deployment('web', { on: ['n1', 'n2', 'n3'], budget: { maxUnavailable: 1 } }),
  );
}

const changes: readonly NodeChange['kind'][] = ['fence', 'unfence', 'cordon', 'uncordon', 'mark-released'];

function chooseAsk(random: Random, seen: World): Ask {
  const nodes = seen.store.list('Node').map((one) => one.metadata.name);
  const pods = seen.store.list('Pod');
  const pick = <T>(from: readonly T[]): T | undefined => from[random.between(0, from.length - 1)];
  const run = `r${random.between(1, 2)}`;
  const name = pick(nodes) ?? 'n1';
  const pod = pick(pods)?.metadata;
  const stale = random.next() < 0.2;
  const what = random.between(0, 7);
  const kind = pick(changes) ?? 'fence';
  const scope = pick(['acid-a', 'acid-b']) ?? 'acid-a';
  const candidate = `${scope}-${random.between(0, 2)}`;
  switch (what) {
    case 0:
    case 1:
      return async ({ kubernetes }) => {
        const found = await kubernetes.getNode(name);
        const resourceVersion = stale ? '1' : (found?.resourceVersion ?? '1');
        return [
          await kubernetes.changeNode({ name, resourceVersion }, { kind, run }),
          await kubernetes.getNode(name),
        ];
      };
    case 2:
    case 3:
      return async ({ kubernetes }) => {
        if (pod === undefined) return undefined;
        const key = { namespace: pod.namespace ?? '', name: pod.name, uid: stale ? 'another' : pod.uid };
        return [await kubernetes.evict(key), await kubernetes.getPod(key.namespace, key.name)];
      };
    case 4:
      return ({ kubernetes }) => kubernetes.holdLease({ holder: run, durationSeconds: 60 });
    case 5:
      return ({ kubernetes }) => kubernetes.listPods({ node: name });
    case 6:
      return ({ kubernetes }) => (stale ? kubernetes.dropLease({ holder: run }) : kubernetes.listNodes());
    default:
      return (face) => switchOver(face, scope, candidate);
  }
}

async function switchOver(face: Face, scope: string, candidate: string): Promise<unknown> {
  const pods = await face.kubernetes.listPods({ namespace: 'default', labels: { 'cluster-name': scope } });
  const all = pods.flatMap((pod) =>
    pod.patroniUrl === undefined ? [] : [{ name: pod.name, url: pod.patroniUrl }],
  );
  const before = await face.patroni.readCluster(all).catch((error: Error) => error.name);
  if (typeof before === 'string') return before;
  const leader = all.find((one) => one.name === before.leader);
  if (leader === undefined) return before;
  const beginMs = face.world.nowMs();
  const answer = await whileTimePasses(face, () => face.patroni.switchover(leader, candidate));
  // Both faces go on from one moment, however the answer was waited for.
  face.world.advanceTo(beginMs + 80_000);
  return [before, answer, await face.patroni.readCluster(all).catch((error: Error) => error.name)];
}

/** No virtual time may pass before the request has arrived, or the faces would be asked at different times. */
async function whileTimePasses<T>(face: Face, ask: () => Promise<T>): Promise<T> {
  const { world, switchoversArrived = () => 1 } = face;
  const arrivedBefore = face.switchoversArrived?.() ?? 0;
  const endMs = world.nowMs() + 79_000;
  let settled = false;
  const answer = ask().finally(() => {
    settled = true;
  });
  answer.catch(() => {});
  while (!settled) {
    await new Promise((resolve) => setTimeout(resolve, 3));
    const arrived = switchoversArrived() > arrivedBefore;
    if (!settled && arrived) world.advanceTo(Math.min(endMs, world.nowMs() + 1_000));
  }
  return answer;
}

describe('the two faces of one world', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('answer alike whatever is asked and done (seed %i)', async (seed) => {
    const [behindServers, behindPorts] = [1, 2].map(() => createWorld({ objects: fleet().items, seed }));
    if (behindServers === undefined || behindPorts === undefined) throw new Error('no worlds');
    const served = await serveWorld(behindServers, { speed: 0 });
    behindPorts.publishPatroniAt((pod) => behindServers.patroniUrlOf(pod));
    const kubernetes = connectKubernetes({
      server: served.kubernetesUrl,
      clock: { nowMs: () => behindServers.nowMs() },
    });
    const patroni = connectPatroni();
    const switchoversArrived = () =>
      served.requests.filter((line) => line.method === 'POST' && line.path.endsWith('/switchover')).length;
    const servers: Face = { world: behindServers, kubernetes, patroni, switchoversArrived };
    const direct: Face = { world: behindPorts, ...directPorts(behindPorts) };
    try {
      const random = createRandom(seed);
      for (let turn = 0; turn < 40; turn += 1) {
        const ask = chooseAsk(random, behindPorts);
        expect(await ask(servers), `turn ${turn}`).toEqual(await ask(direct));
        const pauseMs = random.between(0, 1) * random.between(0, 90_000);
        for (const face of [servers, direct]) face.world.advanceTo(face.world.nowMs() + pauseMs);
      }
      expect(behindServers.roleChanges).toEqual(behindPorts.roleChanges);
      expect(behindServers.evictions).toEqual(behindPorts.evictions);
    } finally {
      await Promise.all([kubernetes.close(), patroni.close()]);
      await served.close();
    }
  });
});
