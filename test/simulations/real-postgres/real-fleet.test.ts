/**
 * A real Patroni on the simulated API. Runs where it is installed: apt-get install -y --no-install-recommends patroni postgresql
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPatroni } from '../../../executor/patroni/index.ts';
import { findPrograms } from '../../../simulations/real-postgres/find-programs.ts';
import { leaderOf, syncStandbyOf } from '../../../simulations/real-postgres/leader-lock.ts';
import { openRealFleet, type RealFleet } from '../../../simulations/real-postgres/real-fleet.ts';
import { wantedClusters } from '../../../simulations/real-postgres/starting-objects.ts';
import { startWriter } from '../../../simulations/real-postgres/writer.ts';
import { labelsOf } from '../../../simulations/world/read-objects.ts';

const found = findPrograms();
const where = found.kind === 'missing' ? ' (skipped: patroni or postgresql is not installed)' : '';
const [acidA] = wantedClusters();
if (acidA === undefined) throw new Error('the demo has clusters');
/** Starts and handovers take seconds each, on a busy machine many. */
const PATIENCE_MS = 90_000;

describe.skipIf(found.kind === 'missing')(`a real Patroni in a simulated pod${where}`, () => {
  let fleet: RealFleet;
  beforeAll(async () => {
    if (found.kind === 'missing') return;
    const { programs } = found;
    fleet = await openRealFleet({ programs, speed: 20, pipelineSecret: 'whsec_c2VjcmV0', clusters: [acidA] });
  }, PATIENCE_MS);
  afterAll(() => fleet?.close());

  const well = (): Promise<void> => expect.poll(fleet.isHealthy, { timeout: PATIENCE_MS }).toBe(true);
  const leads = (): string => leaderOf(fleet.world, acidA) ?? '';
  const roleOf = (pod: string): string | undefined => {
    const object = fleet.world.store.get('Pod', 'default', pod);
    return object === undefined ? undefined : labelsOf(object)['spilo-role'];
  };

  it('writes its lock, roles and standby into the simulated API', () => {
    expect([leads(), syncStandbyOf(fleet.world, acidA)]).toEqual(['acid-a-0', 'acid-a-1']);
    expect(acidA.members.map(roleOf)).toEqual(['master', 'replica', 'replica']);
    expect(fleet.leaders.changes).toEqual([]);
  });

  it('hands over when the adapter asks, once, and no acknowledged row is lost', {
    timeout: PATIENCE_MS,
  }, async () => {
    const writer = await startWriter(() => fleet.primaryPort(acidA));
    const patroni = connectPatroni();
    const answer = await patroni.switchover({ name: 'acid-a-0', url: fleet.restUrl('acid-a-0') }, 'acid-a-1');
    await patroni.close();
    expect(answer).toEqual({ kind: 'switched', to: 'acid-a-1' });
    await well();
    expect(fleet.leaders.changes).toMatchObject([{ from: 'acid-a-0', to: 'acid-a-1', kind: 'switchover' }]);
    const [change] = fleet.leaders.changes;
    expect(writer.gapAroundMs(change?.atMs ?? 0)).toBeGreaterThan(100);
    const rows = await writer.count();
    expect(rows.acknowledged).toBeGreaterThan(0);
    expect(rows.lost).toBe(0);
  });

  it('stops before its pod goes, gives its lock to the standby, and is back on its volume', {
    timeout: PATIENCE_MS,
  }, async () => {
    const [before, standby] = [leads(), syncStandbyOf(fleet.world, acidA)];
    const counted = fleet.leaders.changes.length;
    const answers = async (): Promise<boolean> =>
      (await fetch(`${fleet.restUrl(before)}/liveness`).catch(() => undefined)) !== undefined;
    // The old node is closed to members; the new pod needs one.
    for (const node of ['n1', 'n2', 'n3'])
      fleet.world.store.update('Node', undefined, node, (draft) => {
        draft.metadata.labels = { ...draft.metadata.labels, 'lifecycle-status': 'ready' };
      });
    const uid = fleet.world.store.get('Pod', 'default', before)?.metadata.uid;
    const gone = new Promise<boolean>((resolve) => {
      fleet.world.store.onEvent(({ type, object }) => {
        if (type === 'DELETED' && object.metadata.uid === uid) void answers().then(resolve);
      });
    });
    fleet.world.deletePod('default', before);
    expect(await gone).toBe(false);
    await well();
    expect(fleet.leaders.changes.slice(counted)).toMatchObject([
      { from: before, to: standby, kind: 'failover' },
    ]);
    expect(roleOf(before)).toBe('replica');
  });
});
