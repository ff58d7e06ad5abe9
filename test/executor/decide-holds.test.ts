import { expect, it } from 'vitest';
import { holdWishes } from '../../executor/decide/decide-holds.ts';
import type { RunEvent } from '../../executor/journal.ts';
import { foldFurther, foldRun } from '../../executor/record/fold-run.ts';
import { createRandom, type Random } from '../../simulations/world/random.ts';
import { created, entriesOf, type Line, memberMove, planOf, runId, switchover } from './runs.ts';

const names = ['a', 'b', 'c', 'd'];

/** Of each cluster a replica is moved, takes over, and the old primary is moved; of the last one both move twice. */
const plan = planOf(
  names.flatMap((name) => {
    const cluster = `default/acid-${name}`;
    const move = (id: string, ordinal: number) =>
      memberMove(`${name}${id}`, `acid-${name}-${ordinal}`, { cluster });
    const change = (id: string, from: number, to: number) => ({
      ...switchover(`${name}${id}`, `acid-${name}-${from}`, `acid-${name}-${to}`),
      cluster,
    });
    const steps = [move('1', 1), change('2', 0, 1), move('3', 0)];
    return name === 'd' ? [...steps, change('4', 1, 0), move('5', 1)] : steps;
  }),
);

const leaders = Object.fromEntries(names.map((name) => [`default/acid-${name}`, `acid-${name}-0`]));
const started: Line = ['run', { kind: 'started', nodeUids: [], leaders }];

/** Anything that may be written of steps and holds, in any order. */
function anyLine(random: Random): Line {
  const name = names[random.between(0, names.length - 1)] ?? 'a';
  const ordinal = random.between(0, 1);
  const pod = { namespace: 'default', name: `acid-${name}-${ordinal}`, uid: `uid-${name}-${ordinal}` };
  const cluster = `default/acid-${name}`;
  const step = plan.steps[random.between(0, plan.steps.length - 1)];
  const to = step?.kind === 'switchover' ? { to: step.to } : {};
  const hold = { kind: 'hold-pod', cluster, ...pod } as const;
  const answer = (act: 'hold-pod' | 'unhold-pod', said: string): Line => [
    'run',
    { kind: 'answer', act, answer: said, facts: {} },
  ];
  const events: readonly Line[] = [
    [step?.id ?? '', { kind: 'done', facts: to }],
    ['run', { kind: 'act', act: hold }],
    ['run', { kind: 'act', act: { kind: 'unhold-pod', ...pod } }],
    answer('hold-pod', 'done'),
    answer('hold-pod', 'failed'),
    answer('unhold-pod', 'done'),
    ['run', { kind: 'looked' } satisfies RunEvent],
    ['run', { kind: 'looked', leaders: { [cluster]: `acid-${name}-${ordinal}` } } satisfies RunEvent],
  ];
  return events[random.between(0, events.length - 1)] ?? events[0] ?? started;
}

it('says after each entry what it says of the whole journal, though it judges only what has changed', () => {
  let isAnyWished = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = createRandom(seed);
    const lines = [created, started, ...Array.from({ length: 60 }, () => anyLine(random))];
    const entries = entriesOf(lines);
    let fold = foldRun(plan, runId, []);
    for (const [place, entry] of entries.entries()) {
      fold = foldFurther(fold, [entry]);
      const anew = foldRun({ ...plan }, runId, entries.slice(0, place + 1));
      const wishes = holdWishes(fold);
      isAnyWished += wishes.length;
      expect(wishes).toEqual(holdWishes(anew));
    }
  }
  expect(isAnyWished).toBeGreaterThan(100);
});
