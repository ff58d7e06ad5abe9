import { describe, expect, it } from 'vitest';
import { judgeRound } from './judge-round.ts';
import { playRound, type Round } from './random-clients.ts';

const seeds = Array.from({ length: 24 }, (_, index) => index + 1);

function count(rounds: readonly Round[], verb: string, status: number): number {
  return rounds.flatMap(({ acts }) => acts).filter((act) => act.verb === verb && act.status === status)
    .length;
}

describe('an API server that five clients ask at random', () => {
  const rounds: Round[] = [];

  it.each(seeds)('keeps its promises, seed %i', async (seed) => {
    const round = await playRound(seed, 5, 40);
    rounds.push(round);
    expect(judgeRound(round)).toEqual([]);
  });

  it('was asked everything, and had to refuse some of it', () => {
    expect(rounds).toHaveLength(seeds.length);
    for (const [verb, status] of [
      ['create', 201],
      ['create', 409],
      ['patch', 200],
      ['patch', 409],
      ['put', 200],
      ['put', 409],
      ['delete', 200],
      ['delete', 409],
      ['evict', 201],
      ['evict', 429],
    ] as const)
      expect(count(rounds, verb, status), `${verb} ${status}`).toBeGreaterThan(10);
    const segments = rounds.flatMap(({ watchers }) => watchers.flatMap((watcher) => watcher.segments));
    const told = segments.flatMap(({ lines }) => lines.map(({ type }) => type));
    for (const type of ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']) expect(told).toContain(type);
    expect(rounds.flatMap(({ lists }) => lists).length).toBeGreaterThan(10);
  });
});
