import { describe, expect, it } from 'vitest';
import { runView } from '../../api/run-view.ts';
import { foldOf, planOf, switchover } from '../executor/runs.ts';

describe('the view of a run', () => {
  it('that does not begin yet says so first, and what it waits for', () => {
    const plan = planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]);
    const facts = { why: 's3: acid-a-1 cannot take over in default/acid-a: it is behind' };
    const view = runView({ ...foldOf(plan, []).run, because: { code: 'start-awaited', facts } }, plan, 'ben');
    expect(view.verdict).toMatch(/^Waits to begin: 0 of 1 switchover done/);
    expect(view.because).toContain(facts.why);
    expect(view.controls.map(({ verb }) => verb)).toEqual(['pause', 'abort']);
  });

  it('that does not begin for want of a server says which one, and what it said', () => {
    const plan = planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]);
    const facts = { subject: 'kubernetes', code: 'not-allowed', message: '403 csinodes is forbidden' };
    const because = { code: 'outside-trouble', facts };
    const view = runView({ ...foldOf(plan, []).run, because }, plan, 'ben');
    expect(view.verdict).toMatch(/^Waits to begin: 0 of 1 switchover done/);
    expect(view.because).toContain(facts.message);
  });

  it.each([
    [{}, /^The run has begun, and its fences stand\./],
    [{ why: 's1: there is no pod default/web' }, /^Nothing was touched yet\. Read the new plan before/],
  ])('whose new plan waits for approval says whether it has begun: %j', (facts, words) => {
    const plan = planOf([switchover('s3', 'acid-a-0', 'acid-a-1')]);
    const because = { code: 'waiting-for-approval', facts: { by: 'worker-1', plan: 'plan-2', ...facts } };
    const { startedAt, ...run } = foldOf(plan, []).run;
    expect(startedAt).toBeDefined();
    const waiting = { ...run, state: 'waiting-for-approval' as const, because, approvalWanted: {} };
    const view = runView(waiting, plan, 'ben');
    expect(view.choices).toMatch(words);
    expect(view.because).toContain('the new plan: ');
  });
});
