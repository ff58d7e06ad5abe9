/** Whose doing a role change is, where the answers to our own acts leave it open: none is told twice, none by nobody. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../executor/decide/decide.ts';
import type { Decision } from '../../executor/decide/decision.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import type { ClusterSight } from '../../executor/sight.ts';
import { cluster, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { drive, planFor, readScene, type Scene, say, setScene } from './drive-run.ts';
import {
  actLine,
  answerLine,
  clusterSight,
  doneLine,
  foldOf,
  type Line,
  memberMove,
  memoryOf,
  nodeStep,
  nodeView,
  planOf,
  podView,
  switchover,
} from './runs.ts';

const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true })),
  zone('z2', node('n2', { drain: true })),
  zone('z3', node('n3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
  cluster('acid-b', member('n1', 'primary'), member('n2'), member('n3')),
);
const plan = planFor(fleet, drainRequest());
const lanes = (scene: Scene) => [...readScene(scene).lanes.values()];

function nameOf(decision: Decision): string {
  switch (decision.kind) {
    case 'wait':
      return decision.because.code;
    case 'halt':
      return `halt ${decision.because.code}`;
    default:
      return decision.kind;
  }
}

describe('an outage of ours', () => {
  const outage = { ...memberMove('m1', 'acid-a-0'), outage: true };
  const evict = (atSeconds: number): Line =>
    actLine('m1', { kind: 'evict', namespace: 'default', name: 'acid-a-0', uid: 'uid-acid-a-0' }, atSeconds);
  const answer = (
    said: 'failed' | 'withdrawn' | 'budget' | 'conflict' | 'evicted',
    atSeconds: number,
  ): Line => answerLine('m1', 'evict', said, atSeconds);
  const others = [podView('acid-a-1', 'k1'), podView('acid-a-2', 'k2')];
  const still = clusterSight({ leader: 'acid-a-1', pods: [podView('acid-a-0', 'n1'), ...others] });
  const going = clusterSight({
    leader: 'acid-a-1',
    pods: [podView('acid-a-0', 'n1', { terminating: true }), ...others],
  });

  function decideAt(seen: ClusterSight, lines: readonly Line[], atSeconds: number): string {
    const steps = [nodeStep('fence', 'f1', 'n1'), outage, nodeStep('release', 'r1', 'n1')];
    const fold = foldOf(planOf(steps), [doneLine('f1'), ...lines]);
    const from = nodeView('n1', { fencedBy: 'run-1' });
    return nameOf(
      decide({ kind: 'member-move', step: outage, cluster: seen, from }, memoryOf(fold, 'm1', atSeconds)),
    );
  }

  it('is ours where an attempt without an answer took the pod away, and a later one was withdrawn', () => {
    const lines = [evict(10), answer('failed', 11), evict(12), answer('withdrawn', 13)];
    expect(decideAt(going, lines, 20)).toBe('pod-terminating');
  });

  it('is none where a budget has refused since, whatever conflict comes minutes later', () => {
    const refused = [evict(10), answer('failed', 11), evict(12), answer('budget', 13)];
    const lines = [...refused, evict(500), answer('conflict', 501)];
    expect(decideAt(still, lines, 510)).toBe('halt role-changed-by-others');
  });

  it('is none where the pod still stands once the attempt has had its time', () => {
    const lines = [evict(10), answer('failed', 11), evict(12), answer('conflict', 13)];
    expect(decideAt(still, lines, 1_000)).toBe('halt role-changed-by-others');
  });

  it('is not over while its member leads by the word of the others and does not answer', () => {
    const pods = [podView('acid-a-0', 'k0', { uid: 'uid-2nd' }), ...others];
    const back = clusterSight({ leader: 'acid-a-0', pods });
    const silent = { ...back, patroni: { ...back.patroni, leaderSilent: true as const } };
    expect(decideAt(silent, [evict(10), answer('evicted', 11)], 60)).toBe('member-unavailable');
  });
});

describe('a look at a leader that names no timeline', () => {
  /** Our switchover goes astray, before or after it took place. The first look after it does not say the timeline. */
  async function changesCounted(isOnTop: boolean): Promise<number> {
    const scene = await setScene(fleet, plan);
    let isAsked = false;
    let isSeen = false;
    const isOfThis = (name: string): boolean => name.startsWith('acid-a-');
    const failOver = (to: string): void => {
      scene.world.failOver('default/acid-a', to);
      scene.world.advanceTo(scene.world.nowMs() + 60_000);
    };
    const fold = await drive(scene, {
      replans: true,
      until: () => readScene(scene).planIds.length > 1,
      ports: (ports) => ({
        ...ports,
        patroni: {
          switchover: async (leader, candidate) => {
            if (isAsked || !isOfThis(leader.name)) return ports.patroni.switchover(leader, candidate);
            isAsked = true;
            if (isOnTop) failOver(candidate);
            const taken = [leader.name, candidate];
            failOver(['acid-a-0', 'acid-a-1', 'acid-a-2'].find((name) => !taken.includes(name)) ?? '');
            return { kind: 'unknown', message: 'Switchover status unknown' };
          },
          readCluster: async (members) => {
            const view = await ports.patroni.readCluster(members);
            if (!isAsked || isSeen || !members.some(({ name }) => isOfThis(name))) return view;
            isSeen = true;
            const { timeline: _, ...others } = view;
            return others;
          },
        },
      }),
    });
    const { done, unplanned } = describeRun(fold).counts;
    // One of them is that of acid-b.
    return done - 1 + unplanned;
  }

  it('lets a switchover that went astray be counted once, as ours', async () => {
    expect(await changesCounted(false)).toBe(1);
  });

  it('lets a change on top of ours be counted once', async () => {
    expect(await changesCounted(true)).toBe(2);
  });

  it('tells nothing anew of a change that was told and resumed after', () => {
    const step = switchover('s1', 'acid-a-0', 'acid-a-1');
    const change = { cluster: 'default/acid-a', from: 'acid-a-0', to: 'acid-a-2', facts: { timeline: 5 } };
    const fold = foldOf(planOf([step, nodeStep('release', 'r1', 'n1', ['s1'])]), [
      ['run', { kind: 'unplanned', ...change }, 13],
      ['run', { kind: 'halted', because: { code: 'role-changed-by-others', facts: {} } }, 14],
      ['run', { kind: 'resumed' }, 20],
    ]);
    const seen = clusterSight({ leader: 'acid-a-2', timeline: undefined });
    const sight = { kind: 'switchover', step, cluster: seen, roleLabel: 'spilo-role' } as const;
    const decision = decide(sight, memoryOf(fold, 's1', 30));
    expect(nameOf(decision)).toBe('halt role-changed-by-others');
    expect(decision).not.toHaveProperty('unplanned');
  });
});

it('a failover to a member that led by an earlier change of others is told, also two plans later', async () => {
  const scene = await setScene(fleet, plan);
  let failovers = 0;
  const failOver = (): void => {
    failovers += 1;
    scene.world.failOver('default/acid-a', 'acid-a-1');
  };
  let isHalted = false;
  const fold = await drive(scene, {
    replans: true,
    until: () => readScene(scene).state === 'waiting-for-approval',
    beforePass: async () => {
      const { planIds, state } = readScene(scene);
      const done = lanes(scene).filter((lane) => lane.done !== undefined);
      const isFenced = done.filter(({ step }) => step.kind === 'fence').length === 2;
      const isHandedOver = done.some(
        ({ step }) => step.kind === 'switchover' && step.cluster === 'default/acid-a',
      );
      if (failovers === 0 && isFenced) failOver();
      else if (failovers === 1 && planIds.length === 2 && isHandedOver && !isHalted) {
        isHalted = true;
        const facts = { violations: [], count: 1 };
        await say(scene, { kind: 'halted', because: { code: 'plan-invalid', facts } });
      } else if (failovers === 1 && planIds.length === 3 && state === 'running') failOver();
    },
  });
  expect(failovers).toBe(2);
  expect(describeRun(fold).counts.unplanned).toBe(2);
});
