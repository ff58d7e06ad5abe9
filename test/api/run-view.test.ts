import { describe, expect, it } from 'vitest';
import { runView } from '../../api/run-view.ts';
import type { RunEvent } from '../../executor/journal.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import { foldOf, planOf, switchover } from '../executor/runs.ts';

describe('the view of a run', () => {
  it('that does not begin yet says so first, and what it waits for', () => {
    const plan = planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]);
    const facts = { why: 's3: acid-a-1 cannot take over in default/acid-a: it is behind' };
    const view = runView(
      { ...describeRun(foldOf(plan, [])), because: { code: 'start-awaited', facts } },
      plan,
      'ben',
    );
    expect(view.verdict).toMatch(/^Waits to begin: 0 of 1 switchover done/);
    expect(view.because).toContain(facts.why);
    expect(view.controls.map(({ verb }) => verb)).toEqual(['pause', 'abort']);
  });

  it('that does not begin for want of a server says which one, and what it said', () => {
    const plan = planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]);
    const facts = { subject: 'kubernetes', code: 'not-allowed', message: '403 csinodes is forbidden' };
    const because = { code: 'outside-trouble', facts };
    const view = runView({ ...describeRun(foldOf(plan, [])), because }, plan, 'ben');
    expect(view.verdict).toMatch(/^Waits to begin: 0 of 1 switchover done/);
    expect(view.because).toContain(facts.message);
  });

  it.each([
    [{}, /^The run has begun, and its fences stand\./],
    [{ why: 's1: there is no pod default/web' }, /^Nothing was touched yet\. Read the new plan before/],
  ])('whose new plan waits for approval says whether it has begun: %j', (facts, words) => {
    const plan = planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]);
    const because = { code: 'waiting-for-approval', facts: { by: 'worker-1', plan: 'plan-2', ...facts } };
    const { startedAt, ...run } = describeRun(foldOf(plan, []));
    expect(startedAt).toBeDefined();
    const waiting = { ...run, state: 'waiting-for-approval' as const, because, approvalWanted: {} };
    const view = runView(waiting, plan, 'ben');
    expect(view.choices).toMatch(words);
    expect(view.because).toContain('the new plan: ');
  });

  const change = {
    cluster: 'default/acid-c',
    from: 'acid-c-1',
    to: 'acid-c-2',
    at: '2026-11-20T14:03:11.000Z',
  };
  const since = '2026-11-20T14:00:00.000Z';

  it('that waits for approval says for whom, since when, until when, and what then', () => {
    const plan = planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]);
    const { startedAt: _, ...run } = describeRun(foldOf(plan));
    const because = { code: 'waiting-for-approval', facts: { by: 'anna' } };
    const approvalWanted = { expires: '2026-11-23T14:00:00.000Z' };
    const waiting = { ...run, state: 'waiting-for-approval' as const, because, since, approvalWanted };
    const view = runView(waiting, plan, 'ben');
    expect(view.stand).toEqual({
      waiting: 'for approval by somebody other than anna',
      since,
      until: '2026-11-23 14:00Z, then the run expires',
    });
    expect(view.approval?.rows).toContainEqual({
      name: 'interrupts',
      words: 'switchover of default/acid-a once',
    });
    expect(view.approval?.rows).toContainEqual({
      name: 'takes',
      words: 'about 1 min, 19 of 20 runs under 2 min',
    });
  });

  it('that is paused or rejected says by whom, and no deadline runs', () => {
    const plan = planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]);
    const because = { code: 'paused', facts: { by: 'dana' } };
    const paused = runView({ ...describeRun(foldOf(plan)), state: 'paused', because, since }, plan, 'ben');
    expect(paused.because).toBe('Paused by dana');
    expect(paused.stand).toMatchObject({ since, until: expect.stringContaining('no deadline runs') });
    const facts = { by: 'dana', comment: 'not today' };
    const rejected = {
      ...describeRun(foldOf(plan)),
      state: 'rejected' as const,
      because: { code: 'rejected', facts },
    };
    expect(runView(rejected, plan, 'ben').verdict).toMatch(/^Rejected by dana \("not today"\): /);
  });

  it('shows no deadline of a step while the run stands still', () => {
    const plan = planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]);
    const wait: RunEvent = {
      kind: 'waiting',
      because: { code: 'no-leader', facts: { subject: 'default/acid-a' } },
      deadlineMs: Date.UTC(2026, 10, 23, 9),
    };
    const run = describeRun(foldOf(plan, [['s3', wait]]));
    expect(runView(run, plan, 'ben').now.first).toHaveProperty('until');
    expect(runView({ ...run, state: 'paused' }, plan, 'ben').now.first).not.toHaveProperty('until');
  });

  it('that goes on by another plan names the role change before it, and both promises', () => {
    const plan = { ...planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]), id: '7f5b0e79aa' };
    const ids = { planId: plan.id, planIds: ['0ba2c037aa', plan.id], unplanned: [change] };
    const { summary } = plan;
    const baselines = { naive: { ...summary.baselines.naive, switchovers: 7 } };
    const first = {
      planId: '0ba2c037aa',
      verdict: '3 switchovers.',
      summary: { ...summary, switchovers: 3, baselines },
    };
    const view = runView({ ...describeRun(foldOf(plan)), ...ids }, plan, 'ben', first);
    expect(view.unplanned).toEqual([
      'Unplanned: default/acid-c acid-c-1 -> acid-c-2 at 14:03:11Z, not by this run; the run goes on by plan 7f5b0e79',
    ]);
    expect(view.promisedFirst).toBe('Promised first, by plan 0ba2c037: 3 switchovers.');
    expect(view.promise).toMatch(/^Now, by plan 7f5b0e79: 1 switchover/);
    expect(view.counters[0]?.note).toBe('at first 3, naive 7');
  });

  it('counts one role change that was not its own as one', () => {
    const plan = planOf([]);
    const run = describeRun(foldOf(plan));
    const view = runView({ ...run, counts: { ...run.counts, unplanned: 1 } }, plan, 'ben');
    expect(view.counters).toContainEqual({ name: 'unplanned', text: '1', note: 'role change', loud: true });
  });

  it('that waits in the middle for approval of a new plan names the button that is there', () => {
    const plan = planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]);
    const because = {
      code: 'waiting-for-approval',
      facts: { plan: plan.id, switchovers: 2, switchoversBefore: 1 },
    };
    const run = {
      ...describeRun(foldOf(plan)),
      state: 'waiting-for-approval',
      because,
      approvalWanted: {},
    } as const;
    const view = runView(run, plan, 'ben');
    expect(view.controls.map(({ verb }) => verb)).toEqual(['approve', 'abort']);
    expect(view.choices).toContain('Abort ends the run');
  });

  it('compares the duration of a run with what it expected at its pace', () => {
    const plan = planOf([]);
    const run = describeRun(foldOf(plan, [['run', { kind: 'finished' }, 6]]));
    const at = (seconds: number) => new Date(Date.parse(run.startedAt ?? '') + seconds * 1_000).toISOString();
    const view = runView({ ...run, expectedEnd: { p50: at(6), p95: at(12) } }, plan, 'ben');
    const duration = view.result?.rows.find(({ name }) => name === 'duration');
    expect(duration).toMatchObject({ planned: 'about 6 s, 19 of 20 under 12 s', real: '6 s', loud: false });
  });
});
