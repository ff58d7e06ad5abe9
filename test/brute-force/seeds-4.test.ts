import { describe } from 'vitest';
import { expectSeeds } from './expect-seeds.ts';

describe('the plan of a tiny fleet from a seed', () => {
  expectSeeds(1501);
});
