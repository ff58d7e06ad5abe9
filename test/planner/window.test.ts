import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOpen, nextOpening, nextOpeningFor, parseWindow, type Window } from '../../planner/rules/window.ts';

const minute = 60;
const dayMinutes = 1_440;

function windowOf(text: string): Window {
  const parsed = parseWindow(text);
  if (parsed.kind !== 'window') throw new Error(`${parsed.found}; expected ${parsed.expected}`);
  return parsed.window;
}

/** `2026-10-24T02:00Z` */
function seconds(at: string): number {
  return Date.parse(at) / 1_000;
}

function text(at: number | undefined): string | undefined {
  return at === undefined ? undefined : `${new Date(at * 1_000).toISOString().slice(0, 16)}Z`;
}

/** `opens/closes` of the openings that follow one another after `from`. */
function openings(window: string, from: string, count: number): readonly string[] {
  const found: string[] = [];
  let at = seconds(from);
  for (let each = 0; each < count; each += 1) {
    const opening = nextOpening(windowOf(window), at, 60);
    if (opening === undefined) break;
    found.push(`${text(opening.opens)}/${text(opening.closes)}`);
    at = opening.closes;
  }
  return found;
}

describe('the text of a window', () => {
  const [sat, sun, workdays] = [[5], [6], [0, 1, 2, 3, 4]];
  const everyDay = [...workdays, 5, 6];
  const good: readonly (readonly [string, Window['spans']])[] = [
    ['Sat 02:00-04:00 Europe/Berlin', [{ days: sat, begin: 120, end: 240, zone: 'Europe/Berlin' }]],
    ['02:00-04:00', [{ days: everyDay, begin: 120, end: 240, zone: 'UTC' }]],
    ['mon-FRI 22:00-04:00', [{ days: workdays, begin: 1320, end: 1680, zone: 'UTC' }]],
    ['Sat,Sun 00:00-24:00', [{ days: [5, 6], begin: 0, end: 1440, zone: 'UTC' }]],
    ['Sun + Sat 01:30 - 02:00 UTC', [{ days: [5, 6], begin: 90, end: 120, zone: 'UTC' }]],
    ['Sat-Mon 22:00-00:00', [{ days: [0, 5, 6], begin: 1320, end: 1440, zone: 'UTC' }]],
    ['Mon-Tue,Thu-Fri 01:00-02:00', [{ days: [0, 1, 3, 4], begin: 60, end: 120, zone: 'UTC' }]],
    [
      'Sat 02:00-04:00, Sun,Mon 03:00-05:00; 06:00-07:00',
      [
        { days: sat, begin: 120, end: 240, zone: 'UTC' },
        { days: [0, 6], begin: 180, end: 300, zone: 'UTC' },
        { days: everyDay, begin: 360, end: 420, zone: 'UTC' },
      ],
    ],
    [
      'Sat 02:00-04:00 Etc/GMT+5, Sun 02:00-04:00 America/Argentina/Buenos_Aires',
      [
        { days: sat, begin: 120, end: 240, zone: 'Etc/GMT+5' },
        { days: sun, begin: 120, end: 240, zone: 'America/Argentina/Buenos_Aires' },
      ],
    ],
  ];
  it.each(good)('%s', (written, spans) => {
    expect(parseWindow(written)).toEqual({ kind: 'window', window: { text: written, spans } });
  });

  const form = 'a window such as Sat 02:00-04:00 Europe/Berlin';
  const bad: readonly (readonly [string, string, string])[] = [
    ['', '', form],
    ['Sat', 'Sat', form],
    ['Saturday 02:00-04:00', 'Saturday 02:00-04:00', form],
    ['Sat 2:00-4:00', 'Sat 2:00-4:00', form],
    ['Sat 02:00', 'Sat 02:00', form],
    ['Sat;Sun 02:00-04:00', 'Sat;Sun 02:00-04:00', form],
    ['Sat 02:00-04:00,', 'Sat 02:00-04:00,', form],
    ['Sat 02:00-04:00, and Sun', 'and Sun', form],
    ['Sat\n02:00-04:00', 'Sat\n02:00-04:00', form],
    ['Sat 02:00-04:00 +02:00', 'Sat 02:00-04:00 +02:00', form],
    ['Sat 02:00-04:00 Europe/Atlantis', 'Europe/Atlantis', 'UTC or a time zone such as Europe/Berlin'],
    ['Sat 02:00-04:00 CEST', 'CEST', 'UTC or a time zone such as Europe/Berlin'],
    ['Sat 24:00-02:00', '24:00', 'a time from 00:00 to 23:59'],
    ['Sat 02:60-04:00', '02:60', 'a time from 00:00 to 23:59'],
    ['Sat 02:00-24:01', '24:01', 'a time from 00:00 to 24:00'],
    ['Sat 02:00-02:00', '02:00-02:00', 'two different times (00:00-24:00 is all day)'],
    [
      'Sat 02:00-04:00, Sun 02:00-04:00 Europe/Berlin',
      'Sat 02:00-04:00, Sun 02:00-04:00 Europe/Berlin',
      'a time zone for every part of the window, or for none (UTC)',
    ],
  ];
  it.each(bad)('%j is refused', (written, found, expected) => {
    expect(parseWindow(written)).toEqual({ kind: 'bad', found, expected });
  });
});

describe('a window opens and closes', () => {
  const cases: readonly (readonly [string, string, string, readonly string[]])[] = [
    [
      'every week',
      'Sat 02:00-04:00',
      '2026-11-23T08:00Z', // a Monday
      ['2026-11-28T02:00Z/2026-11-28T04:00Z', '2026-12-05T02:00Z/2026-12-05T04:00Z'],
    ],
    [
      'by the clocks of its zone, in winter and in summer',
      'Sat 02:00-04:00 Europe/Berlin',
      '2026-10-23T00:00Z', // summer time ends on Sunday the 25th
      ['2026-10-24T00:00Z/2026-10-24T02:00Z', '2026-10-31T01:00Z/2026-10-31T03:00Z'],
    ],
    [
      'on the local day, whatever day it is in UTC',
      'Sat 02:00-04:00 Asia/Kathmandu', // UTC+05:45
      '2026-11-23T00:00Z',
      ['2026-11-27T20:15Z/2026-11-27T22:15Z'],
    ],
    [
      'over midnight, on the day it begins on',
      'Sat 22:00-04:00 America/New_York', // UTC-05:00
      '2026-11-23T00:00Z',
      ['2026-11-29T03:00Z/2026-11-29T09:00Z', '2026-12-06T03:00Z/2026-12-06T09:00Z'],
    ],
    [
      'over the end of the year',
      'Thu 23:00-01:00',
      '2026-12-30T00:00Z', // Thursday is the 31st
      ['2026-12-31T23:00Z/2027-01-01T01:00Z', '2027-01-07T23:00Z/2027-01-08T01:00Z'],
    ],
    [
      'over the end of the week',
      'Sun 22:00-02:00',
      '2026-11-28T00:00Z',
      ['2026-11-29T22:00Z/2026-11-30T02:00Z'],
    ],
    [
      'once, where spans touch or overlap',
      'Sat 22:00-24:00, Sun 00:00-02:00; Sun 01:00-03:00',
      '2026-11-23T00:00Z',
      ['2026-11-28T22:00Z/2026-11-29T03:00Z', '2026-12-05T22:00Z/2026-12-06T03:00Z'],
    ],
    [
      'from the moment asked, where it is open then',
      'Sat 02:00-04:00',
      '2026-11-28T03:30Z',
      ['2026-11-28T03:30Z/2026-11-28T04:00Z', '2026-12-05T02:00Z/2026-12-05T04:00Z'],
    ],
    [
      'not any more at the minute it ends',
      'Sat 02:00-04:00',
      '2026-11-28T04:00Z',
      ['2026-12-05T02:00Z/2026-12-05T04:00Z'],
    ],
    [
      'on the leap day',
      'Tue 02:00-04:00',
      '2028-02-28T00:00Z',
      ['2028-02-29T02:00Z/2028-02-29T04:00Z', '2028-03-07T02:00Z/2028-03-07T04:00Z'],
    ],
    [
      'for one hour, in the night that has no hour from 2 to 3',
      'Sun 02:00-04:00 Europe/Berlin',
      '2026-03-28T00:00Z',
      ['2026-03-29T01:00Z/2026-03-29T02:00Z', '2026-04-05T00:00Z/2026-04-05T02:00Z'],
    ],
    [
      'a week later, where the whole of it does not exist',
      'Sun 02:00-03:00 Europe/Berlin',
      '2026-03-28T00:00Z',
      ['2026-04-05T00:00Z/2026-04-05T01:00Z'],
    ],
    [
      'when the clocks jump into it',
      'Sun 02:30-03:30 America/New_York',
      '2026-03-07T00:00Z',
      ['2026-03-08T07:00Z/2026-03-08T07:30Z'],
    ],
    [
      'for three hours, in the night that has the hour from 2 to 3 twice',
      'Sun 02:00-04:00 Europe/Berlin',
      '2026-10-24T00:00Z',
      ['2026-10-25T00:00Z/2026-10-25T03:00Z'],
    ],
    [
      'twice, where it ends within the hour that comes twice',
      'Sun 01:30-02:30 Europe/Berlin',
      '2026-10-24T00:00Z',
      ['2026-10-24T23:30Z/2026-10-25T00:30Z', '2026-10-25T01:00Z/2026-10-25T01:30Z'],
    ],
    [
      'twice within the hour that comes twice in New York',
      'Sun 01:15-01:45 America/New_York',
      '2026-10-31T00:00Z',
      ['2026-11-01T05:15Z/2026-11-01T05:45Z', '2026-11-01T06:15Z/2026-11-01T06:45Z'],
    ],
    [
      'by clocks that are put forward by half an hour',
      'Sun 02:00-03:00 Australia/Lord_Howe', // from UTC+10:30 to UTC+11:00 at 02:00
      '2026-10-03T00:00Z',
      ['2026-10-03T15:30Z/2026-10-03T16:00Z'],
    ],
    [
      'by clocks that are put back by half an hour',
      'Sun 01:30-02:30 Australia/Lord_Howe', // from UTC+11:00 to UTC+10:30 at 02:00
      '2026-04-04T00:00Z',
      ['2026-04-04T14:30Z/2026-04-04T16:00Z'],
    ],
    [
      'without a day that was left out',
      'Fri 02:00-04:00 Pacific/Apia', // no 30 December 2011
      '2011-12-28T00:00Z',
      ['2012-01-05T12:00Z/2012-01-05T14:00Z'],
    ],
  ];
  it.each(cases)('%s', (_, window, from, expected) => {
    expect(openings(window, from, expected.length)).toEqual(expected);
  });

  it('never, within days that it does not come in', () => {
    const window = windowOf('Sat 02:00-04:00');
    expect(nextOpening(window, seconds('2026-11-23T00:00Z'), 5)).toBeUndefined();
    expect(nextOpening(window, seconds('2026-11-23T02:00Z'), 5)).toMatchObject({
      opens: seconds('2026-11-28T02:00Z'),
    });
  });

  it('always, and is said to close as far ahead as was looked', () => {
    const from = seconds('2026-11-23T00:00Z');
    expect(nextOpening(windowOf('00:00-24:00 Europe/Berlin'), from, 14)).toEqual({
      opens: from,
      closes: from + 14 * 86_400,
    });
  });
});

describe('an opening that is long enough', () => {
  const window = windowOf('Sat 02:00-02:30, Sun 02:00-04:00');
  it.each([
    [600, '2026-11-28T02:00Z', '2026-11-28T02:00Z'],
    [600, '2026-11-28T02:20Z', '2026-11-28T02:20Z'],
    [600, '2026-11-28T02:21Z', '2026-11-29T02:00Z'],
    [3_600, '2026-11-23T02:20Z', '2026-11-29T02:00Z'],
    [7_200, '2026-11-29T02:01Z', '2026-12-06T02:00Z'],
    [7_201, '2026-11-23T02:20Z', undefined],
  ])('for %d s after %s begins at %s', (long, from, expected) => {
    expect(text(nextOpeningFor(window, long, seconds(from), 14)?.opens)).toBe(expected);
  });
});

describe('any window', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Africa/Casablanca',
    'Pacific/Apia',
  ];
  const days = ['', 'Sat ', 'Sun ', 'Mon-Fri ', 'Sat,Sun ', 'Fri-Mon ', 'Tue+Thu '];
  const time = (most: number) =>
    fc.integer({ min: 0, max: most }).map((quarter) => {
      const [hours, minutes] = [Math.floor(quarter / 4), (quarter % 4) * 15];
      return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
    });
  const span = fc
    .tuple(fc.constantFrom(...days), time(95), time(96))
    .filter(([, begin, end]) => begin !== end)
    .map(([on, begin, end]) => `${on}${begin}-${end}`);
  const window = fc
    .tuple(fc.array(span, { minLength: 1, maxLength: 3 }), fc.constantFrom(...zones))
    .map(([spans, zone]) => windowOf(spans.map((each) => `${each} ${zone}`).join('; ')));
  // Around the days on which clocks are changed, and anywhere in some twenty years.
  const changes = ['2026-03-28', '2026-10-24', '2026-03-07', '2026-10-31', '2026-04-04', '2026-10-03'];
  const from = fc
    .oneof(
      fc.tuple(fc.constantFrom(...changes), fc.integer({ min: 0, max: 2 * dayMinutes })),
      fc.tuple(fc.constant('2015-01-01'), fc.integer({ min: 0, max: 20 * 365 * dayMinutes })),
    )
    .map(([date, minutes]) => seconds(`${date}T00:00Z`) + minutes * minute);

  /** What a clock on the wall of the zone shows, read without the code under test. */
  function isOpenByTheClock(given: Window, at: number): boolean {
    return given.spans.some((each) => {
      const parts = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
        timeZone: each.zone,
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }).formatToParts(at * 1_000);
      const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
      const on = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(part('weekday'));
      const shown = Number(part('hour')) * 60 + Number(part('minute'));
      const today = each.days.includes(on) && each.begin <= shown && shown < each.end;
      const yesterday = each.days.includes((on + 6) % 7) && shown < each.end - dayMinutes;
      return today || yesterday;
    });
  }

  it('is open when the clocks of its zone say so', () => {
    fc.assert(
      fc.property(window, from, (given, at) => {
        expect(isOpen(given, at)).toBe(isOpenByTheClock(given, at));
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  it('is closed until it opens, open until it closes, and closed then', () => {
    fc.assert(
      fc.property(window, from, (given, at) => {
        const opening = nextOpening(given, at, 14);
        const until = Math.min(opening?.opens ?? Number.POSITIVE_INFINITY, at + 8 * dayMinutes * minute);
        for (let each = at; each < until; each += minute) expect(isOpen(given, each)).toBe(false);
        if (opening === undefined) return;
        for (let each = opening.opens; each < opening.closes; each += minute)
          if (!isOpen(given, each)) expect(text(each)).toBe(text(opening.closes));
        const isCut = opening.closes === opening.opens + 14 * dayMinutes * minute;
        expect(isOpen(given, opening.closes)).toBe(isCut);
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});
