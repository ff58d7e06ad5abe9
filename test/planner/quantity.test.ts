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
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['8191Ti', 9_006_099_743_113_216],
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

  it.each(['9007199254740992', '8192Ti', '12E', '16Ei', '1e40', 1e300])(
    '%s is more than can be counted exactly: nobody can ask for it, and who offers it offers what can be counted',
    (written) => {
      expect(parseQuantity(written, 'whole', 'up')).toBeUndefined();
      expect(parseQuantity(written, 'whole', 'down')).toBe(
        written === 1e300 ? undefined : Number.MAX_SAFE_INTEGER,
      );
    },
  );

  // A leading + is never taken the short way.
  it('a short way leads to the same numbers as the long one', () => {
    // A leading + is never taken the short way.
    for (const suffix of ['', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'Ti'])
      for (const digits of ['0', '7', '0042', '999', '123456789', '999999999999999'])
        for (const unit of ['whole', 'milli'] as const)
          for (const round of ['up', 'down'] as const)
            expect(parseQuantity(`${digits}${suffix}`, unit, round), `${digits}${suffix}`).toBe(
              parseQuantity(`+${digits}${suffix}`, unit, round),
            );
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
    `1${'0'.repeat(100_000)}`,
    `1e${'9'.repeat(5000)}`,
    JSON.parse('1e400'),
    Number.NaN,
    null,
    undefined,
    true,
    {},
  ])('refuses %j', (written) => {
    expect(parseQuantity(written, 'whole', 'up')).toBeUndefined();
  });
});
