import { describe, expect, it } from 'vitest';
import { runLines, runText } from '../../bin/run-text.ts';
import type { RunEvent } from '../../executor/journal.ts';
import { describeRun } from '../../executor/record/describe-run.ts';
import {
  doneLine,
  foldOf,
  type Line,
  memberMove,
  nodeStep,
  planOf,
  startMs,
  switchover,
} from '../executor/runs.ts';

const plan = planOf([
  nodeStep('fence', 's1', 'n1'),
  memberMove('s2', 'acid-a-1', { after: ['s1'] }),
  switchover('s3', 'acid-a-0', 'acid-a-1', ['s2']),
]);
const waiting: Line = [
  's2',
  {
    kind: 'waiting',
    because: { code: 'replica-not-streaming', facts: { subject: 'default/acid-a-1' } },
    deadlineMs: startMs + 600_000,
  },
  3,
];
const ofRun = (event: RunEvent): Line => ['run', event, 5];

describe('a run in the terminal', () => {
  it('calls steps by what they do, and says until when they may wait', () => {
    const text = runText(describeRun(foldOf(plan, [doneLine('s1'), waiting])), plan);
    expect(text).toContain('RUNNING');
    expect(text).toMatch(
      /^ {2}waiting {2}move default\/acid-a-1 .*: default\/acid-a-1 .*; until 08:10:00Z$/m,
    );
    expect(text).not.toContain('s2');
  });

  it('that halted says why and what a person can do now', () => {
    const halted = ofRun({
      kind: 'halted',
      because: { code: 'set-gone', facts: { subject: 'default/acid-a' } },
    });
    const text = runText(describeRun(foldOf(plan, [waiting, halted])), plan);
    expect(text).toContain('because  StatefulSet default/acid-a is gone');
    expect(text).toMatch(/^halted {3}at 2026-11-23 08:00Z, code set-gone \(docs\/errors.md\)$/m);
    expect(text).toMatch(/^to do {4}Find out who deleted it; plan again$/m);
    expect(text).toMatch(/^next {5}switchyard run resume run-1 +#/m);
    expect(text).toMatch(/^ {9}switchyard run abort run-1 +#/m);
    expect(text).not.toContain('closed to new pods');
    expect(text).not.toContain('ends about');
  });

  it('that halted at a deadline says what it waited for in words, both codes, and what is left on the fleet', () => {
    const zoned = { subject: 'new-z1-1', zone: 'z1', step: 's2', waitedFor: 'waiting-for-node' };
    const halted = ofRun({ kind: 'halted', because: { code: 'deadline-passed', facts: zoned } });
    const text = runText(describeRun(foldOf(plan, [doneLine('s1'), halted])), plan);
    expect(text).toContain(
      'because  new-z1-1 took longer than allowed: waiting for node new-z1-1 (zone z1) to come and be Ready\n',
    );
    expect(text).toContain('code deadline-passed, waiting-for-node (docs/errors.md)');
    expect(text).toContain('left     n1 is closed to new pods by this run; what runs there goes on\n');
    expect(text).toContain('safe     nothing more is done to any node or database until somebody decides\n');
  });

  it('that is paused says who paused it, and since when', () => {
    const asked: Line = ['run', { kind: 'pause-asked' }, 60];
    const text = runText(describeRun(foldOf(plan, [asked, ofRun({ kind: 'paused' })])), plan);
    expect(text).toMatch(/^because {2}paused \(.*\) since 2026-11-23 08:00Z: no act is under way$/m);
  });

  it('that looks for a new plan says that waiting is enough, and which role change was not ours', () => {
    const facts = { subject: 'default/acid-a', from: 'acid-a-0', to: 'acid-a-2' };
    const halted = ofRun({ kind: 'halted', because: { code: 'role-changed-by-others', facts } });
    const unplanned = [
      { cluster: 'default/acid-a', from: 'acid-a-0', to: 'acid-a-2', at: '2026-11-23T08:00:05.000Z' },
    ];
    const outlook = { kind: 'looking', because: { code: 'node-awaited', facts: { subject: 'n4' } } } as const;
    const text = runText({ ...describeRun(foldOf(plan, [halted])), unplanned, outlook }, plan);
    expect(text).toContain(
      '\nUnplanned: default/acid-a acid-a-0 -> acid-a-2 at 08:00:05Z, not by this run\n',
    );
    expect(text).toMatch(/^next {5}wait: .* it goes on by itself; or\n {9}switchyard run resume /m);
    expect(text).not.toContain('plan again');
  });

  it('that is paused does not pass off what it saw before as what is so now', () => {
    const lines: Line[] = [waiting, ['run', { kind: 'pause-asked' }, 60], ofRun({ kind: 'paused' })];
    const text = runText(describeRun(foldOf(plan, lines)), plan);
    expect(text).toContain(
      'as they were last seen; looked at again after a resume:\n  waiting  move default/acid-a-1',
    );
  });

  it('that waits for approval says who asked and until when, and that somebody else decides', () => {
    const run = describeRun(foldOf(plan, []));
    const { startedAt, ...unbegun } = run;
    const expires = '2026-11-26T08:00:00.000Z';
    const because = { code: 'waiting-for-approval', facts: {} };
    const text = runText(
      { ...unbegun, state: 'waiting-for-approval', because, approvalWanted: { expires } },
      plan,
    );
    expect(startedAt).toBeDefined();
    expect(text).toContain('asked    by anna; expires at 2026-11-26 08:00Z, then nothing is begun\n');
    expect(text).toContain('next     somebody else than anna reads the plan and decides:\n');
    expect(text).toMatch(
      /^ {9}curl -sS http\S+\/v1\/plans\/plan-1\/explain\n {9}switchyard run approve run-1 --plan plan-1$/m,
    );
  });

  it('says when it should end, and that this is over; and once it has ended, how long it took', () => {
    const run = describeRun(foldOf(plan, []));
    expect(runText(run, plan, startMs)).toMatch(/^ends about 08:00:30Z, 19 of 20: 08:00:51Z$/m);
    expect(runText(run, plan, startMs + 52_000)).toMatch(/^ends about .*; OVERDUE$/m);
    const finished: Line = ['run', { kind: 'finished' }, 111];
    expect(runText(describeRun(foldOf(plan, [finished])), plan)).toMatch(/^took {5}1 min 51 s$/m);
  });

  it('whose new plan waits for approval before the start says what it is for', () => {
    const facts = { plan: 'plan-2', switchovers: 2, switchoversBefore: 1, why: 's1: it moved' };
    const { startedAt, ...run } = describeRun(foldOf(plan, []));
    expect(startedAt).toBeDefined();
    const because = { code: 'waiting-for-approval', facts };
    const waits = { ...run, state: 'waiting-for-approval', because, approvalWanted: {} } as const;
    const text = runText(waits, plan);
    expect(text).toMatch(/^because {2}.* the new plan: 2 switchovers \(1 was planned\).* s1: it moved$/m);
    expect(text).toContain('switchyard run reject run-1');
  });

  it('that waits for a window says which, when it opens, and on what day the run ends', () => {
    const window = 'Tue 02:00-04:00';
    const windowed = planOf([{ ...switchover('s3', 'acid-a-0', 'acid-a-1'), window }]);
    const facts = { subject: 'default/acid-a', window, opens: '2026-11-24T02:00:00.000Z' };
    const because = { code: 'window-closed', facts };
    const closed: Line = ['s3', { kind: 'blocked', because, deadlineMs: startMs }];
    const text = runText(describeRun(foldOf(windowed, [closed])), windowed);
    expect(text).toContain('WAITING-FOR-WINDOW');
    expect(text).toContain('ends about 2026-11-24 02:00:10Z');
    expect(text).toContain(
      `because  waiting for the window (${window}) of default/acid-a to open at 2026-11-24 02:00Z`,
    );
    expect(text).not.toContain('; until');
  });

  it('that does not begin yet says what it waits for', () => {
    const facts = {
      why: 's3: acid-a-1 cannot take over in default/acid-a: it is behind',
      until: '2026-11-23T08:05:00.000Z',
    };
    const text = runText(
      { ...describeRun(foldOf(plan, [])), because: { code: 'start-awaited', facts } },
      plan,
    );
    expect(text).toContain('RUNNING');
    expect(text).toContain(
      `because  not begun yet, for the plan does not hold just now: ${facts.why}; looked at again until 08:05:00Z`,
    );
  });

  it('that was aborted shows what it left, without a deadline that nobody keeps any more', () => {
    const lines = [waiting, ofRun({ kind: 'abort-asked' }), ofRun({ kind: 'aborted', facts: {} })];
    const text = runText(describeRun(foldOf(plan, lines)), plan);
    expect(text).toContain('ABORTED');
    expect(text).toContain('left as they were last seen:\n  waiting  move default/acid-a-1');
    expect(text).not.toContain('until');
    const facts = { temporaryMembers: ['default/a-1'], temporaryIn: ['default/a'], scaleBackTo: ['1'] };
    const more = [ofRun({ kind: 'abort-asked' }), ofRun({ kind: 'aborted', facts })];
    expect(runText(describeRun(foldOf(plan, more)), plan)).toContain(
      'LEFT     default/a has ONE MEMBER TOO MANY, default/a-1',
    );
  });

  it('stands in columns in a list', () => {
    const first = describeRun(foldOf(plan));
    const lines = runLines([first, { ...first, fleet: 'a-long-name', state: 'finished' }]).split('\n');
    expect(lines[0]?.indexOf('switchovers')).toBe(lines[1]?.indexOf('switchovers'));
  });
});
