import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { outsideCodes } from '../../executor/errors.ts';
import { eventCodes, noticeCodes } from '../../executor/news-codes.ts';
import { runStates } from '../../executor/run.ts';
import { blockedCodes, haltCodes, replanCodes, startCodes, waitCodes } from '../../executor/wait-codes.ts';
import { violationCodes } from '../../planner/check/check-codes.ts';
import { checkPlan } from '../../planner/check/check-plan.ts';
import { becauseCodes, findingCodes, refusalCodes } from '../../planner/codes.ts';
import { explainPlan, explainVerdict } from '../../planner/explain/explain.ts';
import { explainBecause } from '../../planner/explain/explain-because.ts';
import { explainCertificate } from '../../planner/explain/explain-certificate.ts';
import { explainFinding, explainRefusal } from '../../planner/explain/explain-finding.ts';
import {
  explainEvent,
  explainedEvents,
  explainedNotices,
  explainNotice,
} from '../../planner/explain/explain-news.ts';
import { explainStep } from '../../planner/explain/explain-step.ts';
import { explainViolation } from '../../planner/explain/explain-violation.ts';
import { explainedWaits, explainWait } from '../../planner/explain/explain-wait.ts';
import { bytes, duration, groups, listed, wrapped } from '../../planner/explain/explain-words.ts';
import type { DrainPlan, DrainRequest } from '../../planner/plan.ts';
import { planDrain } from '../../planner/plan-drain.ts';
import { readSnapshot } from '../../planner/read/read-snapshot.ts';
import {
  budget,
  cluster,
  clusterWith,
  daemonSet,
  deployment,
  drainRequest,
  fleetObjects,
  member,
  mirrorPod,
  node,
  statefulSet,
  threeZones,
  zone,
} from '../fixtures/fleet.ts';
import type { KubernetesList } from '../fixtures/fleet-parts.ts';
import { loadSnapshot, loadTinyFleet } from '../fixtures/load.ts';

/** One node to drain and one to keep in z1, a kept node each in z2 and z3: room enough for everything. */
const roomy = [
  zone('z1', node('n1', { drain: true }), node('k1')),
  zone('z2', node('k2')),
  zone('z3', node('k3')),
];

/** Fleets of the golden transcripts. A file is read by a person before it is committed; UPDATE_GOLDEN=1 writes it. */
const golden: Readonly<Record<string, { fleet: KubernetesList; request: DrainRequest }>> = {
  'talk-example': { fleet: threeZones(), request: drainRequest() },
  'single-member-restart': {
    fleet: fleetObjects(
      ...roomy,
      cluster('acid-a', clusterWith({ primaryBudget: 0 }), member('n1', 'primary')),
    ),
    request: drainRequest(),
  },
  'single-member-scale-out': {
    fleet: fleetObjects(...roomy, cluster('acid-a', member('n1', 'primary'))),
    request: drainRequest({ singleMember: 'scale-out' }),
  },
  'single-member-skip': {
    fleet: fleetObjects(...roomy, cluster('billing', member('n1', 'primary'))),
    request: drainRequest({ singleMember: 'skip' }),
  },
  'budget-forbids-restart': {
    fleet: fleetObjects(
      ...roomy,
      cluster('acid-a', clusterWith({ primaryBudget: 1 }), member('n1', 'primary')),
    ),
    request: drainRequest(),
  },
  'two-primaries': {
    fleet: fleetObjects(
      ...roomy,
      cluster('acid-a', member('n1', 'primary'), member('k2', 'primary'), member('k3')),
    ),
    request: drainRequest(),
  },
  'primary-on-kept-node': {
    fleet: fleetObjects(...roomy, cluster('acid-a', member('k2', 'primary'), member('n1'))),
    request: drainRequest(),
  },
  'two-members-each-way': {
    fleet: fleetObjects(
      zone('z1', node('n1', { drain: true })),
      zone('z2', node('n2', { drain: true })),
      cluster('acid-a', member('n1', 'primary'), member('n2')),
      cluster('acid-b', member('n2', 'primary'), member('n1')),
    ),
    request: drainRequest(),
  },
  'other-pods': {
    fleet: fleetObjects(
      ...roomy,
      cluster('acid-a', member('n1', 'primary'), member('k2')),
      deployment('web', { on: ['n1', 'n1', 'k1'], budget: { maxUnavailable: 1 } }),
      statefulSet('queue', { on: ['n1'], volume: '5Gi' }),
      daemonSet('node-exporter'),
      mirrorPod('kube-proxy', 'n1'),
    ),
    request: drainRequest(),
  },
  'nofailover-everywhere': {
    fleet: fleetObjects(
      ...roomy,
      cluster(
        'acid-a',
        clusterWith({ primaryBudget: 0 }),
        member('n1', 'primary'),
        member('k2', 'replica', { tags: { nofailover: true } }),
      ),
    ),
    request: drainRequest(),
  },
  'passed-over-candidates': {
    fleet: fleetObjects(
      ...roomy,
      cluster(
        'acid-a',
        member('n1', 'primary'),
        member('k2', 'replica', { tags: { nofailover: true } }),
        member('k3'),
      ),
      cluster(
        'acid-b',
        member('n1', 'primary'),
        member('k2', 'replica', { lag: 512 * 1024 ** 2 }),
        member('k3'),
      ),
    ),
    request: drainRequest(),
  },
  'weights-and-one-extra-node': { ...instance('04-weights-global-1') },
  'parking-without-surge': { ...instance('30-zero-surge-all-primaries') },
  'whole-nodes': { ...instance('15-strict-acyclic') },
  'no-room-at-all': { ...instance('17-infeasible-full-no-surge') },
  'budget-that-never-opens': {
    fleet: fleetObjects(
      ...roomy,
      cluster('acid-a', member('n1', 'primary'), member('k2')),
      deployment('web', { on: ['n1'] }),
      budget('web', { labels: { app: 'web' }, minAvailable: 1 }),
    ),
    request: drainRequest(),
  },
  'twelve-nodes': { ...loadSnapshot('twelve') },
};

function instance(name: string): { fleet: KubernetesList; request: DrainRequest } {
  const { fleet, request } = loadTinyFleet(name);
  return { fleet, request };
}

function planOf(fleet: KubernetesList, request: DrainRequest): DrainPlan {
  const reading = readSnapshot([{ file: 'fleet.json', document: fleet }]);
  if (reading.kind === 'bad-input') throw new Error(JSON.stringify(reading.problems));
  const answer = planDrain(reading.fleet, request, reading.findings);
  if (answer.kind === 'bad-input') throw new Error(JSON.stringify(answer.problems));
  expect(checkPlan(answer.plan, reading.fleet).map(explainViolation)).toEqual([]);
  return answer.plan;
}

describe('golden transcripts', () => {
  it.each(Object.keys(golden))('%s', (name) => {
    const { fleet, request } = golden[name] ?? { fleet: threeZones(), request: drainRequest() };
    const text = explainPlan(planOf(fleet, request));
    const file = new URL(`golden/${name}.txt`, import.meta.url);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
    expect(existsSync(file)).toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });
});

describe('explainPlan', () => {
  const plan = planOf(threeZones(), drainRequest());

  it('says the verdict first and last', () => {
    const lines = explainPlan(plan).trimEnd().split('\n');
    expect(lines[0]).toContain('3 switchovers, proved minimal (naive: ');
    expect(lines.at(-1)).toBe(`next  switchyard run start ${plan.id}`);
    expect(lines.slice(-4).join('\n')).toContain(`plan ${plan.id.slice(0, 8)}   3 switchovers, 0 outages`);
  });

  it('is plain ASCII, keeps the width and cuts no name', () => {
    for (const width of [60, 80, 120]) {
      const text = explainPlan(plan, { width });
      expect(/^[\x20-\x7e\n]*$/.test(text)).toBe(true);
      const lines = text.split('\n').filter((line) => !line.startsWith('next  switchyard'));
      expect(lines.filter((line) => line.length > width)).toEqual([]);
    }
    const long = 'acid-a-with-a-name-much-longer-than-anybody-would-ever-want-to-type-0';
    const steps = plan.steps.map((step) =>
      step.kind === 'move' ? { ...step, pod: `default/${long}` } : step,
    );
    expect(explainPlan({ ...plan, steps }, { width: 60 })).toContain(long);
  });

  it('shows over 40 steps a line a wave and the unusual in full, all of them with `full`', () => {
    const many = Array.from({ length: 50 }, (_, index) => ({
      ...plan.steps[0],
      id: `x${index}`,
      wave: 1 + (index % 3),
    }));
    const long = { ...plan, steps: [...plan.steps, ...many] } as DrainPlan;
    expect(explainPlan(long)).toContain(`${plan.steps.length + 50} steps; --full prints every one`);
    expect(explainPlan(long)).not.toContain('acid-a-1  n2');
    expect(explainPlan(long, { full: true })).toContain('acid-a-1  n2');
    const withOutage = {
      ...long,
      steps: long.steps.map((step) => (step.kind === 'move' ? { ...step, outage: true } : step)),
    };
    expect(explainPlan(withOutage)).toContain('OUTAGE: nobody can take over');
  });

  it('calls weighted numbers weighted, and only where weights make a difference', () => {
    expect(explainVerdict(plan)).not.toContain('weighted');
    const heavy = planOf(threeZones(), drainRequest({ clusters: { 'default/acid-a': { weight: 5 } } }));
    expect(explainVerdict(heavy)).toContain('3 switchovers (weighted 7), proved minimal');
    expect(explainCertificate(heavy).join('\n')).toContain('switchovers (weighted): 7');
  });

  it('says in the verdict where the lag of many clusters is unknown, and only there', () => {
    const unknownIn = (count: number, clusters: number) => {
      const subject = 'default/acid-a';
      const finding = {
        code: 'unknown-lag',
        severity: 'risks',
        subject,
        count,
        examples: [],
        facts: {},
      } as const;
      const verdict = Object.values(plan.clusters)[0];
      const known = Object.fromEntries(
        Array.from({ length: clusters }, (_, index) => [`c${index}`, verdict]),
      );
      return explainVerdict({ ...plan, clusters: known, findings: [finding] } as DrainPlan);
    };
    expect(unknownIn(400, 400)).toContain(
      ' Lag unknown in 400 of 400 clusters: no switchover there until it is known.',
    );
    expect(unknownIn(3, 400)).not.toContain('Lag unknown');
  });

  it('says how much too many there may be where nothing is proved', () => {
    const gap = { bound: 1, value: 3, proved: false, gap: 2 };
    const text = explainVerdict({ ...plan, certificate: { ...plan.certificate, switchovers: gap } });
    expect(text).toContain('3 switchovers, not proved minimal: at most 2 too many');
  });
});

describe('every code has a sentence', () => {
  const facts = {};
  const ofEach: readonly [string, readonly string[], (code: never) => string][] = [
    ['because', becauseCodes, (code) => explainBecause({ code, facts })],
    [
      'finding',
      findingCodes,
      (code) => explainFinding({ code, severity: 'note', subject: 'x', count: 1, examples: [], facts }),
    ],
    [
      'refusal',
      refusalCodes,
      (code) => explainRefusal({ code, severity: 'stops', node: 'n1', pods: ['default/p'], facts }),
    ],
    ['violation', violationCodes, (code) => explainViolation({ code, step: 's1', facts })],
    [
      'wait',
      [...waitCodes, ...startCodes, ...blockedCodes, ...haltCodes, ...replanCodes, ...runStates],
      (code) => explainWait({ code, facts }),
    ],
  ];
  it.each(ofEach)('%s', (_kind, codes, explain) => {
    for (const code of codes) {
      const sentence = explain(code as never);
      expect(sentence.length, code).toBeGreaterThan(5);
      expect(sentence, code).not.toContain('undefined');
      if (!runStates.some((state) => state === code)) expect(sentence, code).not.toBe(code);
    }
  });

  it('news, too', () => {
    expect([...explainedEvents]).toEqual([...eventCodes]);
    expect([...explainedNotices]).toEqual([...noticeCodes]);
    for (const code of eventCodes) expect(explainEvent({ code, facts })).not.toContain('undefined');
    for (const code of noticeCodes) expect(explainNotice({ code, facts })).not.toContain('undefined');
  });

  it('and no sentence is left over for a wait that no longer exists', () => {
    expect([...explainedWaits].sort()).toEqual(
      [...waitCodes, ...startCodes, ...blockedCodes, ...haltCodes, ...replanCodes, ...runStates].sort(),
    );
  });

  const sections: readonly [string, readonly string[]][] = [
    ['Reasons', becauseCodes],
    ['Findings', findingCodes],
    ['Refusals', refusalCodes],
    ['Violations', violationCodes],
    ['Waiting', waitCodes],
    ['Before the start', startCodes],
    ['Blocked', blockedCodes],
    ['Halted', haltCodes],
    ['Looking for a new plan', replanCodes],
    ['States of a run', runStates],
    ['Events', eventCodes],
    ['Notices', noticeCodes],
    ['Failures of the outside', outsideCodes],
  ];
  it.each(sections)('and docs/errors.md has a row for each, and for nothing else: %s', (title, codes) => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const section = page.split('\n## ').find((each) => each.startsWith(`${title}\n`)) ?? '';
    const rows = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]);
    expect(rows.sort()).toEqual([...codes].sort());
  });

  it('an unknown code is shown as it is, with its facts', () => {
    expect(explainWait({ code: 'from-a-later-version', facts: { subject: 'n1' } })).toBe(
      'from-a-later-version (subject: n1)',
    );
  });
});

it('a closed window is told with the day on which it opens', () => {
  const facts = {
    subject: 'default/acid-a',
    window: 'Sat 02:00-04:00 Europe/Berlin',
    opens: '2026-11-28T01:00:00.000Z',
  };
  expect(explainWait({ code: 'window-closed', facts })).toBe(
    'default/acid-a is left alone until its window (Sat 02:00-04:00 Europe/Berlin) opens at 2026-11-28 01:00Z',
  );
  expect(explainWait({ code: 'waiting-for-window', facts })).toBe(
    'waiting for the window (Sat 02:00-04:00 Europe/Berlin) of default/acid-a to open at 2026-11-28 01:00Z',
  );
});

describe('words', () => {
  it('sizes, durations, counts and lists read as people say them', () => {
    expect([0, 1023, 8 * 1024 ** 3, 1.5 * 1024 ** 3].map(bytes)).toEqual([
      '0 B',
      '1023 B',
      '8 GiB',
      '1.5 GiB',
    ]);
    expect([0, 59, 61, 660, 7500].map(duration)).toEqual(['0 s', '59 s', '2 min', '11 min', '2 h 5 min']);
    expect([7, 1234, 17894001].map(groups)).toEqual(['7', '1,234', '17,894,001']);
    expect(listed(['a'])).toBe('a');
    expect(listed(['a', 'b'])).toBe('a and b');
    expect(listed(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c, d and 2 more');
  });

  it('text breaks at spaces only and lines up under its head', () => {
    expect(wrapped('fix  ', 'one two three', 12)).toEqual(['fix  one two', '     three']);
    expect(wrapped('', 'averyveryverylongname and', 10)).toEqual(['averyveryverylongname', 'and']);
  });

  it('a step in one line', () => {
    const plan = planOf(threeZones(), drainRequest());
    const lines = plan.steps.map(explainStep);
    expect(lines[0]).toBe('fence  n1');
    expect(lines.some((line) => line.startsWith('switchover  default/acid-a  acid-a-0 -> '))).toBe(true);
    const change = plan.steps.find((step) => step.kind === 'switchover');
    expect(change && explainStep({ ...change, window: 'Sat 02:00-04:00 Europe/Berlin' })).toMatch(
      /, inside its window Sat 02:00-04:00 Europe\/Berlin$/,
    );
  });
});
