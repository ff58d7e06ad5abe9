import { describe, expect, it } from 'vitest';
import { parseQuantity } from '../../planner/read/quantity.ts';

describe('quantities', () => {
  it.each([
    ['4', 4],
    ['0', 0],
    ['-0', 0],
    ['+3', 3],
    ['64Gi', 68_719_476_736],
    ['1.5Gi', 1_610_612_736],
    ['128974848', 128_974_848],
    ['129e6', 129_000_000],
    ['129M', 129_000_000],
    ['12E', 12_000_000_000_000_000_000],
    ['1E2', 100],
    ['5e-1', 1],
    ['128974848000m', 128_974_848],
    ['.5k', 500],
    ['5.k', 5000],
    ['1Ki', 1024],
    ['100n', 1],
    [7, 7],
  ])('%s is %d as a whole number, rounded up', (written, whole) => {
    expect(parseQuantity(written, 'whole', 'up')).toBe(whole);
  });

  it.each([
    ['4', 4000],
    ['0.1', 100],
    ['0.29', 290],
    ['250m', 250],
    ['1500u', 2],
    [0.5, 500],
  ])('%s of a CPU is %d millicores', (written, millicores) => {
    expect(parseQuantity(written, 'milli', 'up')).toBe(millicores);
  });

  it('what is offered is rounded down', () => {
    expect(parseQuantity('1500u', 'milli', 'down')).toBe(1);
    expect(parseQuantity('1999m', 'whole', 'down')).toBe(1);
  });

  it.each([
    '',
    ' 4',
    '4 ',
    '4GB',
    '4gi',
    '4K',
    'Gi',
    '.',
    '1.2.3',
    '0x10',
    '-1',
    '-1Gi',
    '1e9999',
    'e3',
    '1e3Gi',
    'NaN',
    'Infinity',
    '9'.repeat(100),
    Number.NaN,
    null,
    undefined,
    true,
    {},
  ])('refuses %j', (written) => {
    expect(parseQuantity(written, 'whole', 'up')).toBeUndefined();
  });
});
