/**
 * What every face of a fleet has to do alike: the ports of executor/ports.ts, told as behaviour. Run on the direct face of
 * the simulated world, on its servers through the real adapters, and on an API server of its own (test/kubernetes/).
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOLD_LABEL } from '../../executor/marks.ts';
import type { KubernetesObject, NodeView, PodView } from '../../executor/ports.ts';
import { budget, cluster, deployment, fleetObjects, member, node, zone } from '../fixtures/fleet.ts';
import type { OpenStage, PortsUnderTest, Stage } from './stage.ts';

/** Registers the suite for one face; `open` puts the given objects behind its ports. Their time is moved by the suite alone. */
export function describePortsContract(face: string, open: OpenStage): void {
  describe(`ports over ${face}`, () => {
    let stage: Stage;
    beforeEach(async () => {
      stage = await open(contractFleet().items);
    });
    afterEach(async () => {
      await stage.close();
    });
    const fixture = { stage: () => stage, ports: (): PortsUnderTest => stage };
    describeHolds(fixture);
    describeNodes(fixture);
    describePods(fixture);
    describeLease(fixture);
    describeEvents(fixture);
    describePatroni(fixture);
    describePipeline(fixture);
  });
}

type Fixture = { readonly stage: () => Stage; readonly ports: () => PortsUnderTest };

/**
 * Two nodes to drain, two that stay; acid-a with its primary on n1; three web pods of which two may not be missing; one pod under two
 * budgets.
 */
function contractFleet() {
  return fleetObjects(
    zone('z1', node('n1', { drain: true }), node('n4')),
    zone('z2', node('n2', { drain: true })),
    zone('z3', node('n3')),
    cluster('acid-a', member('n1', 'primary'), member('n2'), member('n3')),
    deployment('web', { on: ['n1', 'n2', 'n3'], budget: { maxUnavailable: 1 } }),
    deployment('twice', { on: ['n3'], budget: { maxUnavailable: 1 } }),
    budget('twice-more', { labels: { app: 'twice' }, maxUnavailable: 1 }),
  );
}

async function theNode(ports: PortsUnderTest, name: string): Promise<NodeView> {
  const found = await ports.kubernetes.getNode(name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
}

async function thePod(ports: PortsUnderTest, name: string): Promise<PodView> {
  const found = await ports.kubernetes.getPod('default', name);
  if (found === undefined) throw new Error(`no pod ${name}`);
  return found;
}

async function webPods(ports: PortsUnderTest): Promise<readonly PodView[]> {
  const pods = await ports.kubernetes.listPods({ namespace: 'default' });
  return pods.filter((pod) => pod.name.startsWith('web-'));
}

/** Lets virtual time go by while an answer is awaited that comes only with it. */
async function whileTimePasses<T>(stage: Stage, answer: Promise<T>, secondsMax = 120): Promise<T> {
  let settled = false;
  const watched = answer.finally(() => {
    settled = true;
  });
  watched.catch(() => {});
  for (let quarter = 0; quarter < secondsMax * 4; quarter += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (settled) break;
    // A moment for the request to arrive before the world moves at all.
    if (quarter >= 10) await stage.pass(250);
  }
  return watched;
}

function describeHolds({ ports }: Fixture): void {
  describe('holds', () => {
    const thePod = async () => {
      const pod = await ports().kubernetes.getPod('default', 'acid-a-1');
      if (pod === undefined) throw new Error('no such pod');
      return pod;
    };

    it('are found by their label while they are on, and come off again', async () => {
      const { kubernetes } = ports();
      const labels = { [HOLD_LABEL]: 'r1' };
      const pod = await thePod();
      expect(await kubernetes.changePod(pod, { kind: 'hold-pod', run: 'r1' })).toEqual({ kind: 'done' });
      expect((await kubernetes.listPods({ labels })).map(({ name }) => name)).toEqual(['acid-a-1']);
      const { namespace, name, uid } = pod;
      const unhold = { kind: 'unhold-pod', run: 'r1' } as const;
      expect(await kubernetes.changePod({ namespace, name, uid }, unhold)).toEqual({ kind: 'done' });
      expect(await kubernetes.listPods({ labels })).toEqual([]);
      expect(await kubernetes.changePod({ namespace, name, uid }, unhold)).toEqual({ kind: 'done' });
    });

    it('of another run are not taken off', async () => {
      const { kubernetes } = ports();
      await kubernetes.changePod(await thePod(), { kind: 'hold-pod', run: 'theirs' });
      await kubernetes.changePod(await thePod(), { kind: 'unhold-pod', run: 'ours' });
      expect((await thePod()).labels[HOLD_LABEL]).toBe('theirs');
    });

    it('are not put on another pod of that name, or on one that has changed', async () => {
      const { kubernetes } = ports();
      const pod = await thePod();
      const hold = { kind: 'hold-pod', run: 'r1' } as const;
      expect(await kubernetes.changePod({ ...pod, uid: 'another' }, hold)).toEqual({ kind: 'gone' });
      expect(await kubernetes.changePod({ ...pod, name: 'acid-a-99' }, hold)).toEqual({ kind: 'gone' });
      await kubernetes.changePod(pod, hold);
      expect(await kubernetes.changePod(pod, { kind: 'unhold-pod', run: 'r1' })).toEqual({
        kind: 'conflict',
      });
    });
  });
}

function describeNodes({ ports }: Fixture): void {
  describe('nodes', () => {
    it('are listed by name with zone, labels and readiness', async () => {
      const nodes = await ports().kubernetes.listNodes();
      expect(
        nodes.map(({ name, zone, ready, unschedulable }) => ({ name, zone, ready, unschedulable })),
      ).toEqual([
        { name: 'n1', zone: 'z1', ready: true, unschedulable: false },
        { name: 'n2', zone: 'z2', ready: true, unschedulable: false },
        { name: 'n3', zone: 'z3', ready: true, unschedulable: false },
        { name: 'n4', zone: 'z1', ready: true, unschedulable: false },
      ]);
      expect(nodes[0]?.labels['lifecycle-status']).toBe('decommission-pending');
    });

    it('that do not exist are undefined', async () => {
      expect(await ports().kubernetes.getNode('n99')).toBeUndefined();
    });

    it('are fenced and unfenced for one run', async () => {
      const { kubernetes } = ports();
      expect(await kubernetes.changeNode(await theNode(ports(), 'n1'), { kind: 'fence', run: 'r1' })).toBe(
        'done',
      );
      const fenced = await theNode(ports(), 'n1');
      expect(fenced).toMatchObject({ fencedBy: 'r1', unschedulable: false });
      expect(await kubernetes.changeNode(fenced, { kind: 'unfence', run: 'r1' })).toBe('done');
      expect((await theNode(ports(), 'n1')).fencedBy).toBeUndefined();
    });

    it('keep a fence of another run when one unfences its own', async () => {
      const { kubernetes } = ports();
      await kubernetes.changeNode(await theNode(ports(), 'n1'), { kind: 'fence', run: 'theirs' });
      await kubernetes.changeNode(await theNode(ports(), 'n1'), { kind: 'unfence', run: 'ours' });
      expect((await theNode(ports(), 'n1')).fencedBy).toBe('theirs');
    });

    it('are not changed on a stale resourceVersion', async () => {
      const { kubernetes } = ports();
      const seen = await theNode(ports(), 'n1');
      await kubernetes.changeNode(seen, { kind: 'fence', run: 'r1' });
      expect(await kubernetes.changeNode(seen, { kind: 'cordon', run: 'r1' })).toBe('conflict');
      expect((await theNode(ports(), 'n1')).unschedulable).toBe(false);
    });

    it('that are gone cannot be changed', async () => {
      const answer = await ports().kubernetes.changeNode(
        { name: 'n99', resourceVersion: '1' },
        { kind: 'fence', run: 'r1' },
      );
      expect(answer).toBe('gone');
    });

    it('are cordoned with our mark and uncordoned without leaving it', async () => {
      const { kubernetes } = ports();
      await kubernetes.changeNode(await theNode(ports(), 'n1'), { kind: 'cordon', run: 'r1' });
      const cordoned = await theNode(ports(), 'n1');
      expect(cordoned).toMatchObject({ unschedulable: true, cordonedBy: 'r1' });
      await kubernetes.changeNode(cordoned, { kind: 'uncordon', run: 'r1' });
      const open = await theNode(ports(), 'n1');
      expect(open.unschedulable).toBe(false);
      expect(open.cordonedBy).toBeUndefined();
    });

    it('carry the mark of their release', async () => {
      await ports().kubernetes.changeNode(await theNode(ports(), 'n1'), { kind: 'mark-released', run: 'r1' });
      expect((await theNode(ports(), 'n1')).releasedBy).toBe('r1');
    });
  });
}

function describePods({ stage, ports }: Fixture): void {
  describe('pods', () => {
    it('are found by label and by node', async () => {
      const { kubernetes } = ports();
      const members = await kubernetes.listPods({
        namespace: 'default',
        labels: { 'cluster-name': 'acid-a' },
      });
      expect(members.map((pod) => pod.name).sort()).toEqual(['acid-a-0', 'acid-a-1', 'acid-a-2']);
      const onN1 = await kubernetes.listPods({ node: 'n1' });
      expect(onN1.some((pod) => pod.name === 'acid-a-0')).toBe(true);
      expect(onN1.every((pod) => pod.node === 'n1')).toBe(true);
    });

    it('say who owns them, where they are and how to reach their Patroni', async () => {
      const pod = await thePod(ports(), 'acid-a-1');
      expect(pod).toMatchObject({
        node: 'n2',
        ready: true,
        terminating: false,
        ownerKind: 'StatefulSet',
        stays: false,
      });
      expect(pod.patroniUrl).toMatch(/^http:\/\//);
      expect(pod.patroniUrl).not.toMatch(/\/patroni$/);
    });

    it('that do not exist are undefined', async () => {
      expect(await ports().kubernetes.getPod('default', 'nobody')).toBeUndefined();
    });

    it('are evicted, and come back under the same name with another UID', async () => {
      const replica = await thePod(ports(), 'acid-a-1');
      expect(await ports().kubernetes.evict(replica)).toEqual({ kind: 'evicted' });
      await stage().pass(600_000);
      const back = await thePod(ports(), 'acid-a-1');
      expect(back.uid).not.toBe(replica.uid);
      expect(await ports().kubernetes.evict(replica)).toEqual({ kind: 'replaced' });
      expect((await thePod(ports(), 'acid-a-1')).uid).toBe(back.uid);
    });

    it('that changed since they were looked at are kept', async () => {
      const replica = await thePod(ports(), 'acid-a-1');
      await stage().labelPod('acid-a-1', 'spilo-role', 'master');
      expect(await ports().kubernetes.evict(replica)).toEqual({ kind: 'conflict' });
      expect((await thePod(ports(), 'acid-a-1')).terminating).toBe(false);
    });

    it('have volumes that are attached to their node until a while after they left it', async () => {
      const replica = await thePod(ports(), 'acid-a-1');
      const node = replica.node ?? '';
      const before = await ports().kubernetes.listAttachedVolumes(node);
      expect(before.length).toBeGreaterThan(0);
      await ports().kubernetes.evict(replica);
      expect(await ports().kubernetes.listAttachedVolumes(node)).toEqual(before);
      expect(await ports().kubernetes.listAttachedVolumes('nowhere')).toEqual([]);
    });

    it('that are gone are gone', async () => {
      const answer = await ports().kubernetes.evict({ namespace: 'default', name: 'nobody', uid: 'x' });
      expect(answer).toEqual({ kind: 'gone' });
    });

    it('of a primary are kept by its budget', async () => {
      const primary = await thePod(ports(), 'acid-a-0');
      const answer = await ports().kubernetes.evict(primary);
      expect(answer.kind).toBe('budget');
      expect((await thePod(ports(), 'acid-a-0')).terminating).toBe(false);
    });

    it('beyond what a budget allows are kept', async () => {
      const [first, second] = await webPods(ports());
      if (first === undefined || second === undefined) throw new Error('no web pods');
      expect(await ports().kubernetes.evict(first)).toEqual({ kind: 'evicted' });
      expect((await ports().kubernetes.evict(second)).kind).toBe('budget');
    });

    it('under two budgets are kept, for nobody can say which of them allows it', async () => {
      const pods = await ports().kubernetes.listPods({ namespace: 'default', labels: { app: 'twice' } });
      const pod = pods[0];
      if (pod === undefined) throw new Error('no pod of twice');
      const answer = await ports().kubernetes.evict(pod);
      expect(answer).toMatchObject({ kind: 'budget', message: expect.stringContaining('more than one') });
      expect((await thePod(ports(), pod.name)).terminating).toBe(false);
    });

    it('are found by the owner after which their names were made up, and others are not', async () => {
      const { kubernetes } = ports();
      const [pod] = await webPods(ports());
      const owner = pod?.name.slice(0, pod.name.lastIndexOf('-')) ?? '';
      const found = await kubernetes.listPods({ namespace: 'default', namedAfter: owner });
      expect(found.map(({ name }) => name)).toContain(pod?.name);
      expect(
        found.every(({ name, ownerKind }) => name.startsWith(`${owner}-`) && ownerKind === 'ReplicaSet'),
      ).toBe(true);
      // A member has a name of its own, as its set gave it.
      expect(await kubernetes.listPods({ namespace: 'default', namedAfter: 'acid-a' })).toEqual([]);
    });

    it('have an owner whose wanted replicas are known', async () => {
      const { kubernetes } = ports();
      const set = { kind: 'StatefulSet', namespace: 'default', name: 'acid-a' } as const;
      expect(await kubernetes.getReplicas(set)).toBe(3);
      expect(await kubernetes.getReplicas({ ...set, name: 'nothing' })).toBeUndefined();
      expect(await kubernetes.getOrdinals(set)).toMatchObject({ first: 0, replicas: 3 });
      expect(await kubernetes.getOrdinals({ ...set, name: 'nothing' })).toBeUndefined();
    });

    it('come and go with the replicas of their StatefulSet', async () => {
      const { kubernetes } = ports();
      const more = { namespace: 'default', name: 'acid-a', replicas: 4 };
      // Its controller may write the status between look and write: a conflict then, and a run looks again.
      await expect.poll(() => kubernetes.scaleStatefulSet(more)).toBe('done');
      expect(
        await kubernetes.getReplicas({ kind: 'StatefulSet', namespace: 'default', name: 'acid-a' }),
      ).toBe(4);
      const late = { namespace: 'default', name: 'acid-a', replicas: 1, replicasBefore: 2 };
      expect(await kubernetes.scaleStatefulSet(late)).toBe('conflict');
      const moved = { namespace: 'default', name: 'acid-a', replicas: 3, firstOrdinalBefore: 1 };
      expect(await kubernetes.scaleStatefulSet(moved)).toBe('conflict');
      expect(await kubernetes.scaleStatefulSet({ namespace: 'default', name: 'nothing', replicas: 4 })).toBe(
        'gone',
      );
    });
  });

  it('a snapshot of the fleet holds nodes, pods, volumes, budgets and StatefulSets', async () => {
    const kinds = new Set((await ports().kubernetes.listFleetObjects()).map((object) => object.kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining([
        'Node',
        'Pod',
        'PersistentVolume',
        'PersistentVolumeClaim',
        'PodDisruptionBudget',
        'StatefulSet',
      ]),
    );
  });
}

function describeLease({ stage, ports }: Fixture): void {
  describe('the lease of the fleet', () => {
    it('is held by one run and renewed by it', async () => {
      const { kubernetes } = ports();
      expect(await kubernetes.holdLease({ holder: 'r1', durationSeconds: 30 })).toEqual({ kind: 'held' });
      await stage().pass(20_000);
      expect(await kubernetes.holdLease({ holder: 'r1', durationSeconds: 30 })).toEqual({ kind: 'held' });
      await stage().pass(20_000);
      const other = await kubernetes.holdLease({ holder: 'r2', durationSeconds: 30 });
      expect(other).toEqual({ kind: 'taken', by: 'r1', untilMs: stage().nowMs() + 10_000 });
    });

    it('passes on when it has run out', async () => {
      const { kubernetes } = ports();
      await kubernetes.holdLease({ holder: 'r1', durationSeconds: 30 });
      await stage().pass(31_000);
      expect(await kubernetes.holdLease({ holder: 'r2', durationSeconds: 30 })).toEqual({ kind: 'held' });
      expect(await kubernetes.holdLease({ holder: 'r1', durationSeconds: 30 })).toMatchObject({
        kind: 'taken',
        by: 'r2',
      });
    });

    it('tells of the note of a holder only once it is renewed no more, and not of one that gave it back', async () => {
      const { kubernetes } = ports();
      await kubernetes.holdLease({ holder: 'r1', durationSeconds: 30, note: 'of r1' });
      expect(await kubernetes.readNote()).toBeUndefined();
      await stage().pass(31_000);
      expect(await kubernetes.readNote()).toBe('of r1');
      await kubernetes.holdLease({ holder: 'r1', durationSeconds: 30 });
      expect(await kubernetes.readNote()).toBeUndefined();
      await kubernetes.dropLease({ holder: 'r1' });
      await stage().pass(31_000);
      expect(await kubernetes.readNote()).toBeUndefined();
    });

    it("is nobody else's until it is given back where its holder has left a note, however long ago it has run out", async () => {
      const { kubernetes } = ports();
      const note = 'of r1';
      await kubernetes.holdLease({ holder: 'r1', durationSeconds: 30, note });
      await stage().pass(31_000);
      const untilMs = stage().nowMs() - 1_000;
      const other = { holder: 'r2', durationSeconds: 30 };
      expect(await kubernetes.holdLease(other)).toEqual({ kind: 'taken', by: 'r1', untilMs });
      await stage().pass(600_000);
      expect(await kubernetes.holdLease({ ...other, note: 'of r2' })).toMatchObject({
        kind: 'taken',
        by: 'r1',
      });
      expect(await kubernetes.readNote()).toBe(note);
      expect(await kubernetes.holdLease({ holder: 'r1', durationSeconds: 30 })).toEqual({ kind: 'held' });
      await stage().pass(31_000);
      expect(await kubernetes.readNote()).toBe(note);
      await kubernetes.dropLease({ holder: 'r1' });
      expect(await kubernetes.holdLease(other)).toEqual({ kind: 'held' });
      await stage().pass(31_000);
      expect(await kubernetes.readNote()).toBeUndefined();
    });

    it('is free again once it was dropped, and stays with another holder', async () => {
      const { kubernetes } = ports();
      await kubernetes.holdLease({ holder: 'r1', durationSeconds: 30 });
      await kubernetes.dropLease({ holder: 'r2' });
      expect(await kubernetes.holdLease({ holder: 'r2', durationSeconds: 30 })).toMatchObject({
        kind: 'taken',
        by: 'r1',
      });
      await kubernetes.dropLease({ holder: 'r1' });
      expect(await kubernetes.holdLease({ holder: 'r2', durationSeconds: 30 })).toEqual({ kind: 'held' });
    });
  });
}

async function addresses(ports: PortsUnderTest): Promise<{ name: string; url: string }[]> {
  const pods = await ports.kubernetes.listPods({
    namespace: 'default',
    labels: { 'cluster-name': 'acid-a' },
  });
  return pods.flatMap((pod) =>
    pod.patroniUrl === undefined ? [] : [{ name: pod.name, url: pod.patroniUrl }],
  );
}

async function leaderAddress(ports: PortsUnderTest): Promise<{ name: string; url: string }> {
  const all = await addresses(ports);
  const view = await ports.patroni.readCluster(all);
  const leader = all.find((member) => member.name === view.leader);
  if (leader === undefined) throw new Error('no leader');
  return leader;
}

function describePatroni({ stage, ports }: Fixture): void {
  describe('Patroni', () => {
    it('names the leader, its timeline, and who streams', async () => {
      const view = await ports().patroni.readCluster(await addresses(ports()));
      expect(view).toMatchObject({ leader: 'acid-a-0', paused: false, synchronous: false });
      expect(view.timeline).toBeGreaterThanOrEqual(1);
      const members = [...view.members].sort((one, other) => (one.name < other.name ? -1 : 1));
      expect(members.map(({ name, role, streaming }) => ({ name, role, streaming }))).toEqual([
        { name: 'acid-a-0', role: 'leader', streaming: false },
        { name: 'acid-a-1', role: 'replica', streaming: true },
        { name: 'acid-a-2', role: 'replica', streaming: true },
      ]);
    });

    it('says the same whichever member is asked first', async () => {
      const all = await addresses(ports());
      const view = await ports().patroni.readCluster([...all].reverse());
      expect(view.leader).toBe('acid-a-0');
      expect(view.members.filter((one) => one.streaming)).toHaveLength(2);
    });

    it('does not call a member streaming that has just come back', async () => {
      await ports().kubernetes.evict(await thePod(ports(), 'acid-a-1'));
      await stage().pass(1_000);
      const view = await ports().patroni.readCluster(await addresses(ports()));
      expect(view.members.find((one) => one.name === 'acid-a-1')?.streaming ?? false).toBe(false);
    });

    it('switches over to the candidate, and the timeline rises', async () => {
      const before = await ports().patroni.readCluster(await addresses(ports()));
      const answer = await whileTimePasses(
        stage(),
        ports().patroni.switchover(await leaderAddress(ports()), 'acid-a-1'),
      );
      expect(answer).toEqual({ kind: 'switched', to: 'acid-a-1' });
      await stage().pass(30_000);
      const after = await ports().patroni.readCluster(await addresses(ports()));
      expect(after.leader).toBe('acid-a-1');
      expect(after.timeline).toBe((before.timeline ?? 0) + 1);
      expect(stage().roleChanges()).toMatchObject([{ from: 'acid-a-0', to: 'acid-a-1', kind: 'switchover' }]);
    });

    it('moves the budget with the role: after a switchover the old primary may be evicted', async () => {
      await whileTimePasses(stage(), ports().patroni.switchover(await leaderAddress(ports()), 'acid-a-1'));
      await stage().pass(60_000);
      expect(await ports().kubernetes.evict(await thePod(ports(), 'acid-a-0'))).toEqual({ kind: 'evicted' });
      expect((await ports().kubernetes.evict(await thePod(ports(), 'acid-a-1'))).kind).toBe('budget');
    });

    it('refuses a leader that is not the leader: nothing is done', async () => {
      const leader = await leaderAddress(ports());
      const answer = await whileTimePasses(
        stage(),
        ports().patroni.switchover({ name: 'acid-a-2', url: leader.url }, 'acid-a-1'),
      );
      expect(answer).toMatchObject({ kind: 'not-done', status: 412 });
      expect(stage().roleChanges()).toEqual([]);
    });

    it('refuses a candidate that does not exist: nothing is done', async () => {
      const answer = await whileTimePasses(
        stage(),
        ports().patroni.switchover(await leaderAddress(ports()), 'acid-a-9'),
      );
      expect(answer).toMatchObject({ kind: 'not-done', status: 412 });
      expect(stage().roleChanges()).toEqual([]);
    });

    it('refuses when a replica is asked as if it led: nothing is done', async () => {
      const replica = (await addresses(ports())).find((one) => one.name === 'acid-a-2');
      if (replica === undefined) throw new Error('no acid-a-2');
      const answer = await whileTimePasses(stage(), ports().patroni.switchover(replica, 'acid-a-1'));
      expect(answer).toMatchObject({ kind: 'not-done', status: 412 });
      expect(stage().roleChanges()).toEqual([]);
    });

    it('fails without a change when the leader itself is the candidate', async () => {
      const answer = await whileTimePasses(
        stage(),
        ports().patroni.switchover(await leaderAddress(ports()), 'acid-a-0'),
      );
      expect(answer).toMatchObject({ kind: 'not-done', status: 503 });
      expect(stage().roleChanges()).toEqual([]);
    });

    it('does not know how a switchover ended when nobody answers', async () => {
      const nobody = { name: 'acid-a-0', url: 'http://127.0.0.1:9' };
      const answer = await whileTimePasses(stage(), ports().patroni.switchover(nobody, 'acid-a-1'));
      expect(answer.kind).toBe('unknown');
    });

    it('asks the next member when the first does not answer', async () => {
      const all = await addresses(ports());
      const view = await ports().patroni.readCluster([
        { name: 'acid-a-7', url: 'http://127.0.0.1:9' },
        ...all,
      ]);
      expect(view.leader).toBe('acid-a-0');
    });

    it('fails over by itself when the primary is deleted, on a higher timeline', async () => {
      const before = await ports().patroni.readCluster(await addresses(ports()));
      await stage().deletePod('acid-a-0');
      await stage().pass(120_000);
      const after = await ports().patroni.readCluster(await addresses(ports()));
      expect(after.leader).not.toBe('acid-a-0');
      expect(after.timeline).toBeGreaterThan(before.timeline ?? 0);
      expect(stage().roleChanges()).toMatchObject([{ from: 'acid-a-0', kind: 'failover' }]);
    });

    it('fails with an error of the outside when no member answers', async () => {
      await expect(ports().patroni.readCluster([])).rejects.toMatchObject({
        name: 'OutsideError',
        code: 'unreachable',
      });
    });
  });
}

function describePipeline({ stage, ports }: Fixture): void {
  describe('the pipeline', () => {
    it('brings one node per key, in the wanted zone', async () => {
      const want = { key: 'run1-new-z1-1', zone: 'z1', labels: { 'lifecycle-status': 'ready' } };
      await ports().pipeline.wantNode(want);
      await ports().pipeline.wantNode(want);
      await stage().pass(900_000);
      const nodes = await ports().kubernetes.listNodes();
      const came = nodes.filter((one) => !['n1', 'n2', 'n3', 'n4'].includes(one.name));
      expect(came).toHaveLength(1);
      expect(came[0]).toMatchObject({ zone: 'z1', ready: true });
      expect(came[0]?.labels['lifecycle-status']).toBe('ready');
    });

    it('takes a released node away', async () => {
      const { kubernetes, pipeline } = ports();
      await kubernetes.changeNode(await theNode(ports(), 'n4'), { kind: 'cordon', run: 'r1' });
      await kubernetes.changeNode(await theNode(ports(), 'n4'), { kind: 'mark-released', run: 'r1' });
      await pipeline.nodeReleased({ name: 'n4' });
      await stage().pass(900_000);
      expect(await kubernetes.getNode('n4')).toBeUndefined();
      expect((await kubernetes.listNodes()).map((one) => one.name)).toEqual(['n1', 'n2', 'n3']);
    });
  });
}

type EventObject = KubernetesObject & { readonly involvedObject: { readonly uid: string } };

/** The Events that were recorded through the port; a fleet has others. */
async function ours(stage: Stage): Promise<readonly EventObject[]> {
  const events = await stage.events();
  return events.filter((event): event is EventObject => event.reportingComponent === 'switchyard.dev/worker');
}

function describeEvents({ stage, ports }: Fixture): void {
  describe('Events', () => {
    const event = {
      name: 'switchyard.run-1.4.0',
      about: { kind: 'Node', name: 'n1' },
      type: 'Normal',
      reason: 'SwitchyardFenced',
      note: 'fenced by run run-1',
      atMs: Date.UTC(2026, 10, 23, 8),
      by: 'w1',
    } as const;

    it('stand beside a node in namespace default, once however often they are written', async () => {
      await ports().kubernetes.recordEvent(event);
      await ports().kubernetes.recordEvent({ ...event, note: 'told again' });
      expect(await ours(stage())).toMatchObject([
        {
          metadata: { name: event.name, namespace: 'default' },
          involvedObject: { kind: 'Node', name: 'n1', uid: 'n1' },
          message: 'fenced by run run-1',
          firstTimestamp: '2026-11-23T08:00:00Z',
        },
      ]);
    });

    it('name a pod by the UID given, else by that of the pod that stands there', async () => {
      const about = { kind: 'Pod', namespace: 'default', name: 'acid-a-0' } as const;
      await ports().kubernetes.recordEvent({ ...event, about });
      await ports().kubernetes.recordEvent({ ...event, name: 'other', about: { ...about, uid: 'gone-1' } });
      const pod = await thePod(ports(), 'acid-a-0');
      const uids = (await ours(stage())).map((each) => each.involvedObject.uid);
      expect(uids.toSorted()).toEqual(['gone-1', pod.uid].toSorted());
    });

    it('may be about a pod that is gone', async () => {
      const about = { kind: 'Pod', namespace: 'default', name: 'nobody' } as const;
      await ports().kubernetes.recordEvent({ ...event, about });
      expect(await ours(stage())).toHaveLength(1);
    });
  });
}
