import { describe, expect, it } from 'vitest';
import { choosePrimary, type Witnesses } from '../../planner/read/choose-primary.ts';

const says = (name: string, label?: string, status?: string): Witnesses => ({ name, label, status });

/** Three witnesses about a-0 and a-1: what the label says, what the member says of itself, who holds the lock. */
describe('who the primary is', () => {
  const replica = says('a-1', 'replica', 'replica');

  it.each<[string, readonly Witnesses[], readonly string[] | undefined]>([
    ['all three agree', [says('a-0', 'master', 'primary'), replica], ['a-0']],
    ['no lock in the snapshot', [says('a-0', 'master', 'master'), replica], undefined],
    ['no label yet, but lock and status', [says('a-0', undefined, 'primary'), replica], ['a-0']],
    ['label and lock, no status', [says('a-0', 'primary', undefined), replica], ['a-0']],
    ['only the lock, and nothing denies it', [says('a-0'), says('a-1', 'replica')], ['a-0']],
    ['label and lock against a late status', [says('a-0', 'master', 'replica'), replica], ['a-0']],
    ['status and lock against a late label', [says('a-0', 'replica', 'primary'), replica], ['a-0']],
    [
      'the former primary has lost its label',
      [says('a-0', 'master', 'primary'), says('a-1', undefined, 'demoted')],
      ['a-0'],
    ],
  ])('a-0: %s', (_, members, lockHolders) => {
    expect(choosePrimary(members, lockHolders)).toEqual({ primary: 'a-0', claimants: ['a-0'] });
  });

  it.each<[string, readonly Witnesses[], readonly string[] | undefined]>([
    ['two labels', [says('a-0', 'master'), says('a-1', 'master')], undefined],
    [
      'two labels, one stale after a crash, though the lock is clear',
      [says('a-0', 'master', 'primary'), says('a-1', 'master', 'primary')],
      ['a-1'],
    ],
    ['one label, another status', [says('a-0', 'master'), says('a-1', 'replica', 'primary')], undefined],
    ['one label, another lock holder', [says('a-0', 'master', 'primary'), replica], ['a-1']],
    ['a lock holder that is not there', [says('a-0', 'master', 'primary'), replica], ['a-9']],
    [
      'Endpoints and ConfigMap name different leaders',
      [says('a-0', 'master', 'primary'), replica],
      ['a-0', 'a-1'],
    ],
  ])('nobody, because two claim it: %s', (_, members, lockHolders) => {
    const verdict = choosePrimary(members, lockHolders);
    expect(verdict.primary).toBeUndefined();
    expect(verdict.contradiction).toBe('two-primaries');
    expect(verdict.claimants).toHaveLength(2);
  });

  it.each<[string, readonly Witnesses[], readonly string[] | undefined]>([
    ['nobody claims', [says('a-0', 'replica', 'replica'), replica], undefined],
    ['the lock is free though a label is left', [says('a-0', 'master', 'primary'), replica], []],
    ['only the lock, and the member denies it', [says('a-0', 'replica', 'replica'), replica], ['a-0']],
    [
      'label and status contradict each other and no lock decides',
      [says('a-0', 'master', 'replica'), replica],
      undefined,
    ],
    ['the one claimant is not there', [replica], ['a-9']],
    ['no members', [], undefined],
  ])('nobody, and it cannot be told: %s', (_, members, lockHolders) => {
    const verdict = choosePrimary(members, lockHolders);
    expect(verdict.primary).toBeUndefined();
    expect(verdict.contradiction).toBe('no-primary');
  });

  it('a standby cluster has a leader and no primary, which is no contradiction', () => {
    const members = [says('a-0', 'master', 'standby_leader'), says('a-1', 'replica', 'replica')];
    expect(choosePrimary([says('a-0', 'standby_leader', 'standby_leader'), replica], ['a-0'])).toEqual({
      claimants: [],
    });
    // Spilo labels the standby leader `master` unless configured otherwise: its own word counts.
    expect(choosePrimary(members, ['a-0']).primary).toBeUndefined();
  });
});
