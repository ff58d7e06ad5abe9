/** Backups and long transactions in a cluster whose primary is to be interrupted: they are waited for, and nothing else is held up. */
import { describe, expect, it } from 'vitest';
import type { Ports } from '../../executor/contexts.ts';
import { realPace } from '../../executor/limits.ts';
import type { FleetMirror } from '../../executor/ports.ts';
import { replayRun } from '../../executor/replay/replay-run.ts';
import { directPorts } from '../../simulations/direct-ports.ts';
import type { Activity } from '../../simulations/world/faults.ts';
import {
  type Drive,
  drive,
  planFor,
  readScene,
  runId,
  type Scene,
  say,
  setScene,
} from '../executor/drive-run.ts';
import { cluster, clusterWith, drainRequest, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import { actsAtMs, codesOf, entriesOf } from './judge-run.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const key = 'default/acid-a';

/** n1 and n2 to be drained, with the primary of acid-a on n1 and a replica of it on n2. */
const fleet = fleetObjects(
  zone('z1', node('n1', { drain: true }), node('k1')),
  zone('z2', node('n2', { drain: true }), node('k2')),
  zone('z3', node('k3')),
  cluster('acid-a', member('n1', 'primary'), member('n2'), member('k3')),
);
const plan = planFor(fleet, drainRequest());

/** A cluster of one member, which is restarted in place. */
const alone = fleetObjects(
  zone('z1', node('n1', { drain: true }), node('k1')),
  cluster('acid-a', clusterWith({ primaryBudget: null }), member('n1', 'primary')),
);

type Checked = Drive & { readonly asked: number[] };

/** Drives with the check, and with pods of backups; `asked`: when the check was. */
function checked({ world }: Scene, more: Drive = {}): Checked {
  const asked: number[] = [];
  const { activity } = directPorts(world);
  const checks: Ports['checks'] = {
    activity: {
      readActivity: (names) => {
        asked.push(world.nowMs());
        return activity.readActivity(names);
      },
    },
    longestTransactionSeconds: 60,
    backupLabels: [{ key: 'application', operator: 'In', values: ['spilo-logical-backup'] }],
  };
  return { pace: { ...realPace, pollMs: 20_000 }, ports: (ports) => ({ ...ports, checks }), ...more, asked };
}

/** Something goes on from now on, for so long. */
function goesOn({ world }: Scene, activity: Activity | 'no-answer', forMs: number): number {
  world.faults.activities.set(key, activity);
  world.clock.after(forMs, () => world.faults.activities.delete(key));
  return world.nowMs() + forMs;
}

const backup: Activity = { backupRunning: true };

function startBackupPod({ world }: Scene, application: string): void {
  world.store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'logical-backup-acid-a-1',
      namespace: 'default',
      labels: { 'cluster-name': 'acid-a', application },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'logical-backup-acid-a', uid: 'job' }],
    },
    spec: {
      // Where a member stays: the members' own anti-affinity goes by the label of the cluster alone.
      nodeName: 'k3',
      containers: [{ name: 'dump', image: 'dump', resources: { requests: { cpu: '1m' } } }],
    },
    status: { phase: 'Running' },
  });
}

function endBackupPod({ world }: Scene): void {
  world.store.update('Pod', 'default', 'logical-backup-acid-a-1', (draft) => {
    draft.status.phase = 'Succeeded';
  });
}

function expectFinished(scene: Scene): void {
  expect(readScene(scene).because).toMatchObject({ code: 'finished' });
  expect(scene.world.violations).toEqual([]);
  expectSameAgain(scene);
}

/** The journal as it is stored says enough to decide the same again. */
function expectSameAgain(scene: Scene): void {
  const entries = JSON.parse(JSON.stringify(entriesOf(scene)));
  const replay = replayRun(scene.plan, runId, entries, scene.plans);
  expect(replay).toMatchObject({ withoutGrounds: 0, differences: [] });
}

describe('a backup that runs in the cluster of a primary to be moved', () => {
  it('is waited for, and then the run goes on', async () => {
    const scene = await setScene(fleet, plan);
    const endMs = goesOn(scene, backup, 2 * hourMs);
    const driven = checked(scene);
    await drive(scene, driven);
    expectFinished(scene);
    const [askedMs = 0, ...more] = actsAtMs(scene, 'switchover');
    expect(more).toEqual([]);
    expect(askedMs).toBeGreaterThanOrEqual(endMs);
    expect(askedMs).toBeLessThan(endMs + minuteMs);
    // Told once, and asked no more often than twice a minute.
    expect(codesOf(scene).filter((code) => code === 'backup-running')).toHaveLength(1);
    expect(driven.asked.length).toBeGreaterThan(200);
    expect(driven.asked.length).toBeLessThan(250);
  });

  it('holds up nothing but the switchover', async () => {
    const scene = await setScene(fleet, plan);
    goesOn(scene, backup, 10 * hourMs);
    const driven = checked(scene);
    await drive(scene, { ...driven, until: () => codesOf(scene).includes('backup-running') });
    const atMs = scene.world.nowMs();
    await drive(scene, { ...driven, until: () => scene.world.nowMs() > atMs + hourMs });
    expect(scene.world.roleChanges).toEqual([]);
    expect(scene.world.store.get('Pod', 'default', 'acid-a-0')?.spec?.nodeName).toBe('n1');
    const first = plan.steps.filter((step) => step.kind === 'fence' || step.kind === 'add-node');
    for (const { id } of first) expect(readScene(scene).lanes.get(id)?.done).toBeDefined();
  });

  it('halts the run after six hours, with the true reason; a person resumes it', async () => {
    const scene = await setScene(fleet, plan);
    goesOn(scene, backup, 8 * hourMs);
    const startMs = scene.world.nowMs();
    const { because } = await drive(scene, checked(scene));
    expect(because).toMatchObject({
      code: 'deadline-passed',
      facts: { subject: key, waitedFor: 'backup-running' },
    });
    const waitedMs = scene.world.nowMs() - startMs;
    expect(waitedMs).toBeGreaterThan(6 * hourMs);
    expect(waitedMs).toBeLessThan(6.2 * hourMs);
    expect(actsAtMs(scene, 'switchover')).toEqual([]);
    expect(scene.world.roleChanges).toEqual([]);
    expectSameAgain(scene);
    await say(scene, { kind: 'resumed' });
    await drive(scene, checked(scene));
    expectFinished(scene);
    expect(scene.world.roleChanges).toHaveLength(1);
  });

  it('is seen by its pod, too, until that has ended', async () => {
    const scene = await setScene(fleet, plan);
    startBackupPod(scene, 'spilo-logical-backup');
    const driven = checked(scene);
    await drive(scene, { ...driven, until: () => codesOf(scene).includes('backup-running') });
    const atMs = scene.world.nowMs();
    await drive(scene, { ...driven, until: () => scene.world.nowMs() > atMs + hourMs });
    expect(scene.world.roleChanges).toEqual([]);
    expect(entriesOf(scene).find(({ event }) => event.kind === 'blocked')?.event).toMatchObject({
      because: { code: 'backup-running', facts: { pods: ['logical-backup-acid-a-1'] } },
    });
    endBackupPod(scene);
    await drive(scene, driven);
    expectFinished(scene);
  });

  it('is seen by its pod where a mirror does not show it', async () => {
    const scene = await setScene(fleet, plan);
    startBackupPod(scene, 'spilo-logical-backup');
    const { kubernetes } = directPorts(scene.world);
    const mirror: FleetMirror = {
      ...kubernetes,
      listPods: async (query) =>
        (await kubernetes.listPods(query)).filter(({ labels }) => labels.application === undefined),
      isCurrent: () => true,
      onChange: () => () => {},
    };
    const driven = checked(scene);
    const ports: Drive['ports'] = (own) => ({ ...(driven.ports?.(own) ?? own), mirror });
    const atMs = scene.world.nowMs();
    await drive(scene, { ...driven, ports, until: () => scene.world.nowMs() > atMs + hourMs });
    expect(codesOf(scene)).toContain('backup-running');
    expect(scene.world.roleChanges).toEqual([]);
  });

  it('is none where a pod of the cluster bears another label', async () => {
    const scene = await setScene(fleet, plan);
    startBackupPod(scene, 'vacuum');
    await drive(scene, checked(scene));
    expectFinished(scene);
    expect(codesOf(scene)).not.toContain('backup-running');
  });

  it('is not asked for where nothing is configured', async () => {
    const scene = await setScene(fleet, plan);
    goesOn(scene, backup, 10 * hourMs);
    startBackupPod(scene, 'spilo-logical-backup');
    const checks = { longestTransactionSeconds: 60 };
    await drive(scene, { ports: (ports) => ({ ...ports, checks }) });
    expectFinished(scene);
    expect(JSON.stringify(entriesOf(scene))).not.toContain('activity');
  });

  it('is waited for before an outage', async () => {
    const restart = planFor(alone, drainRequest({ singleMember: 'restart' }));
    expect(restart.summary.outages).toBe(1);
    const scene = await setScene(alone, restart);
    const endMs = goesOn(scene, backup, hourMs);
    await drive(scene, checked(scene));
    expect(readScene(scene).because).toMatchObject({ code: 'finished' });
    expectSameAgain(scene);
    const [evictedMs = 0, ...more] = actsAtMs(scene, 'evict');
    expect(more).toEqual([]);
    expect(evictedMs).toBeGreaterThanOrEqual(endMs);
  });
});

describe('a long transaction', () => {
  it('is waited for, and a short one is broken off', async () => {
    const scene = await setScene(fleet, plan);
    const { world } = scene;
    const endMs = goesOn(
      scene,
      { backupRunning: false, transactionSinceMs: world.nowMs() - hourMs },
      20 * minuteMs,
    );
    await drive(scene, checked(scene, { until: () => world.nowMs() > endMs - minuteMs }));
    expect(codesOf(scene)).toContain('transaction-running');
    expect(actsAtMs(scene, 'switchover')).toEqual([]);
    goesOn(scene, { backupRunning: false, transactionSinceMs: world.nowMs() }, hourMs);
    await drive(scene, checked(scene));
    expectFinished(scene);
    expect(actsAtMs(scene, 'switchover')[0]).toBeLessThan(endMs + minuteMs);
  });

  it('halts the run after an hour, and says how long it has run', async () => {
    const scene = await setScene(fleet, plan);
    const sinceMs = scene.world.nowMs();
    goesOn(scene, { backupRunning: false, transactionSinceMs: sinceMs - 5 * minuteMs }, 9 * hourMs);
    const { because } = await drive(scene, checked(scene));
    expect(because).toMatchObject({
      code: 'deadline-passed',
      facts: { waitedFor: 'transaction-running', limitSeconds: 60 },
    });
    expect(because.facts.longestSeconds).toBeGreaterThan(65 * 60);
    expect(scene.world.roleChanges).toEqual([]);
    expectSameAgain(scene);
    // A replay knows no limit that does not stand in the journal.
    const text = JSON.stringify(entriesOf(scene)).replaceAll('"limitSeconds":60', '"limitSeconds":60000');
    const { differences } = replayRun(scene.plan, runId, JSON.parse(text), scene.plans);
    expect(differences[0]).toMatchObject({
      written: { kind: 'blocked', because: { code: 'transaction-running' } },
      replayed: { kind: 'act' },
    });
  });
});

describe('a check that does not answer', () => {
  it.each(['pause', 'skip-node'] as const)(
    'has not said yes: the run halts after half an hour, with "onDeadline": "%s"',
    async (onDeadline) => {
      const scene = await setScene(fleet, planFor(fleet, drainRequest({ onDeadline })));
      const startMs = scene.world.nowMs();
      goesOn(scene, 'no-answer', 10 * hourMs);
      const { because, skipped } = await drive(scene, checked(scene, { replans: true }));
      expect(because).toMatchObject({ code: 'deadline-passed', facts: { waitedFor: 'check-unanswered' } });
      // A check that is away is away for all: no node is left out for it.
      expect(skipped).toEqual([]);
      expect(scene.world.nowMs() - startMs).toBeLessThan(hourMs);
      expect(scene.world.roleChanges).toEqual([]);
      expectSameAgain(scene);
    },
  );

  it('is asked again, and the run goes on when it answers', async () => {
    const scene = await setScene(fleet, plan);
    const endMs = goesOn(scene, 'no-answer', 10 * minuteMs);
    await drive(scene, checked(scene));
    expectFinished(scene);
    expect(actsAtMs(scene, 'switchover')[0]).toBeGreaterThanOrEqual(endMs);
  });
});

describe('the question', () => {
  it('is asked once before the act, and for no other step', async () => {
    const scene = await setScene(fleet, plan);
    const driven = checked(scene);
    await drive(scene, driven);
    expectFinished(scene);
    expect(driven.asked).toEqual(actsAtMs(scene, 'switchover'));
  });

  it('whose answer takes too long is asked again, for what was seen before it is old by then', async () => {
    const scene = await setScene(fleet, plan);
    const { world } = scene;
    const driven = checked(scene);
    let isHeldUp = false;
    const slow: Drive = {
      ...driven,
      ports: (ports) => {
        const own = driven.ports?.(ports) ?? ports;
        const activity = own.checks?.activity;
        if (own.checks === undefined || activity === undefined) return own;
        const readActivity: typeof activity.readActivity = async (names) => {
          if (!isHeldUp) world.advanceTo(world.nowMs() + realPace.staleAfterMs + 1);
          isHeldUp = true;
          return activity.readActivity(names);
        };
        return { ...own, checks: { ...own.checks, activity: { readActivity } } };
      },
    };
    await drive(scene, slow);
    expectFinished(scene);
    expect(driven.asked).toHaveLength(2);
    expect(actsAtMs(scene, 'switchover')).toEqual(driven.asked.slice(1));
  });
});
