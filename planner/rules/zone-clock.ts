/**
 * What the clocks on the walls of a time zone show. Pure: the rules of time zones come with the language (Intl), the moment is
 * an argument, and neither the zone nor the locale of the process counts.
 */

export const daySeconds = 86_400;

/** A moment from which on the clocks of a zone are set otherwise. */
export type ClockChange = { readonly at: number; readonly before: number; readonly after: number };

/** Clocks of this many zones are kept; there are some 600 names. */
const clocksKept = 1_000;
/** Days whose clock changes are kept for a zone: several years. */
const daysKept = 2_000;

type ZoneClock = {
  readonly formatter: Intl.DateTimeFormat;
  /** By day since 1970 in UTC: the offset all through that day, or the one change in it. */
  readonly days: Map<number, number | ClockChange>;
};

const clocks = new Map<string, ZoneClock>();

/** Returns true for `UTC` and the zones of the IANA database, in any case: https://www.iana.org/time-zones */
export function isZone(zone: string): boolean {
  return clockOf(zone) !== undefined;
}

/** Returns how many seconds the clocks of a zone are ahead of UTC at that moment (seconds since 1970). */
export function offsetAt(zone: string, at: number): number {
  const found = offsetsOf(zone, Math.floor(at / daySeconds));
  if (typeof found === 'number') return found;
  return at < found.at ? found.before : found.after;
}

/** Returns the moment of that UTC day at which clocks are put forward or back; undefined: none. */
export function clockChangeOn(zone: string, day: number): ClockChange | undefined {
  const found = offsetsOf(zone, day);
  return typeof found === 'number' ? undefined : found;
}

/** No zone has ever changed its clocks twice within one day in UTC. */
function offsetsOf(zone: string, day: number): number | ClockChange {
  const clock = clockOf(zone);
  if (clock === undefined) throw new RangeError(`no time zone is called ${zone}`);
  const known = clock.days.get(day);
  if (known !== undefined) return known;
  const found = readDay(clock.formatter, day * daySeconds);
  if (clock.days.size >= daysKept) clock.days.clear();
  clock.days.set(day, found);
  return found;
}

function readDay(formatter: Intl.DateTimeFormat, from: number): number | ClockChange {
  const before = readOffset(formatter, from);
  const after = readOffset(formatter, from + daySeconds);
  if (before === after) return before;
  let [low, high] = [from, from + daySeconds];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (readOffset(formatter, middle) === before) low = middle;
    else high = middle;
  }
  return { at: high, before, after };
}

function clockOf(zone: string): ZoneClock | undefined {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const formatter = formatterOf(zone);
  if (formatter === undefined) return undefined;
  const clock = { formatter, days: new Map<number, number | ClockChange>() };
  if (clocks.size >= clocksKept) clocks.clear();
  clocks.set(zone, clock);
  return clock;
}

function formatterOf(zone: string): Intl.DateTimeFormat | undefined {
  // Intl knows offsets such as +02:00 too; they are no zones, for they know no summer.
  if (!/^[A-Za-z]/.test(zone)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
}

/** `GMT+05:45`, `GMT-03:30`, `GMT`; before there were time zones also with seconds. */
function readOffset(formatter: Intl.DateTimeFormat, at: number): number {
  const written = formatter.formatToParts(at * 1_000).find((part) => part.type === 'timeZoneName')?.value;
  const match = /^GMT(?:([+-])(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(written ?? '');
  if (match === null) throw new RangeError(`no offset from UTC: ${written}`);
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const size = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -size : size;
}
