/**
 * The times at which a cluster may be interrupted, as the request writes them: `Sat 02:00-04:00 Europe/Berlin`.
 *
 *     window = span { ("," | ";") span }
 *     span   = [ days ] time "-" time [ zone ]
 *     days   = range { ("," | "+") range }          none: every day
 *     range  = day [ "-" day ]                      Fri-Mon goes over the end of the week
 *     day    = Mon | Tue | Wed | Thu | Fri | Sat | Sun                          in any case
 *     time   = HH:MM                                the second may be 24:00
 *     zone   = UTC or a name of the IANA database   none in any span: UTC
 *
 * A comma after days goes on with days, one after times or a zone begins the next span. A span that ends before it begins goes
 * over midnight and belongs to the day on which it begins. Either every span names its zone or none does: a reader of
 * `Sat 02:00-04:00, Sun 02:00-04:00 Europe/Berlin` would not think of UTC.
 *
 * What counts is what the clocks of the zone show: in the night without an hour 02:00-04:00 is one hour long, 02:00-03:00 does
 * not come at all, and an hour that comes twice is open twice.
 */
import { clockChangeOn, daySeconds, isZone, offsetAt } from './zone-clock.ts';

export type Window = { readonly text: string; readonly spans: readonly WindowSpan[] };

export type WindowSpan = {
  /** 0 is Monday; ascending. */
  readonly days: readonly number[];
  /** Minutes since midnight; `end` is later than `begin` and beyond 1440 where the span goes over midnight. */
  readonly begin: number;
  readonly end: number;
  readonly zone: string;
};

/** A stretch of time in which a window is open, in seconds since 1970: from `opens` on, before `closes`. */
export type Opening = { readonly opens: number; readonly closes: number };

export type ParsedWindow =
  | { readonly kind: 'window'; readonly window: Window }
  | { readonly kind: 'bad'; readonly found: string; readonly expected: string };

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const dayMinutes = 1_440;
/** 1970-01-01 was a Thursday. */
const weekdayOf1970 = 3;

const day = `(?:${dayNames.join('|')})`;
const range = `${day}(?: *- *${day})?`;
const spanForm = new RegExp(
  ` *(?:(?<days>${range}(?: *[,+] *${range})*) +)?` +
    '(?<begin>\\d{2}:\\d{2}) *- *(?<end>\\d{2}:\\d{2})' +
    '(?: +(?<zone>[a-z][a-z0-9_+-]*(?:/[a-z0-9_+-]+)*))? *(?<more>[,;]|$)',
  'iy',
);

const expectedForm = 'a window such as Sat 02:00-04:00 Europe/Berlin';

/** Returns the window, or what of it cannot be read and what was expected in its place. */
export function parseWindow(text: string): ParsedWindow {
  const spans: WindowSpan[] = [];
  const named = new Set<boolean>();
  let [at, isOver] = [0, false];
  while (!isOver) {
    spanForm.lastIndex = at;
    const groups = spanForm.exec(text)?.groups;
    if (groups === undefined) return bad(text.slice(at).trim() || text, expectedForm);
    const span = readSpan(groups);
    if ('kind' in span) return span;
    spans.push(span);
    named.add(groups.zone !== undefined);
    at = spanForm.lastIndex;
    isOver = groups.more === '';
  }
  if (named.size > 1) return bad(text, 'a time zone for every part of the window, or for none (UTC)');
  return { kind: 'window', window: { text, spans } };
}

function readSpan(groups: Readonly<Record<string, string | undefined>>): WindowSpan | ParsedWindow {
  const { days, zone = 'UTC' } = groups;
  const [begin, end] = [minutesOf(groups.begin), minutesOf(groups.end)];
  if (begin === undefined || begin === dayMinutes)
    return bad(groups.begin ?? '', 'a time from 00:00 to 23:59');
  if (end === undefined) return bad(groups.end ?? '', 'a time from 00:00 to 24:00');
  if (begin === end)
    return bad(`${groups.begin}-${groups.end}`, 'two different times (00:00-24:00 is all day)');
  if (!isZone(zone)) return bad(zone, 'UTC or a time zone such as Europe/Berlin');
  return {
    days: days === undefined ? dayNames.map((_, index) => index) : daysOf(days),
    begin,
    end: end < begin ? end + dayMinutes : end,
    zone,
  };
}

function bad(found: string, expected: string): ParsedWindow {
  return { kind: 'bad', found, expected };
}

function minutesOf(written = ''): number | undefined {
  const [hours = Number.NaN, minutes = Number.NaN] = written.split(':').map(Number);
  const sum = hours * 60 + minutes;
  return minutes < 60 && sum <= dayMinutes ? sum : undefined;
}

function daysOf(written: string): readonly number[] {
  const days = new Set<number>();
  for (const part of written.toLowerCase().split(/[,+]/)) {
    const [first = '', last = first] = part.split('-').map((name) => name.trim());
    let at = dayNames.indexOf(first);
    days.add(at);
    for (const end = dayNames.indexOf(last); at !== end; days.add(at)) at = (at + 1) % 7;
  }
  return [...days].sort((one, other) => one - other);
}

/** Returns true where the window is open at that moment (seconds since 1970). */
export function isOpen(window: Window, at: number): boolean {
  return window.spans.some((span) => {
    const local = at + offsetAt(span.zone, at);
    const date = Math.floor(local / daySeconds);
    const minute = (local - date * daySeconds) / 60;
    const isBetween = (of: number, time: number): boolean =>
      span.days.includes(weekday(of)) && span.begin <= time && time < span.end;
    return isBetween(date, minute) || isBetween(date - 1, minute + dayMinutes);
  });
}

/** Of a date counted from 1970. */
function weekday(date: number): number {
  return positive(date + weekdayOf1970, 7);
}

/**
 * Returns the first stretch in which the window is open at or after `from`; where it is open then, from then on. Undefined: it
 * does not open within so many days. One that stays open for as many days is said to close at their end.
 */
export function nextOpening(window: Window, from: number, horizonDays: number): Opening | undefined {
  const horizon = horizonDays * daySeconds;
  const opens = isOpen(window, from) ? from : nextChange(window, from, from + horizon, true);
  if (opens === undefined) return undefined;
  const latest = opens + horizon;
  return { opens, closes: nextChange(window, opens, latest, false) ?? latest };
}

/**
 * Returns the first stretch of at least so many seconds in which the window is open at or after `from`; undefined: there is none
 * that begins within so many days.
 */
export function nextOpeningFor(
  window: Window,
  seconds: number,
  from: number,
  horizonDays: number,
): Opening | undefined {
  const until = from + horizonDays * daySeconds;
  let opening = nextOpening(window, from, horizonDays);
  while (opening !== undefined && opening.closes - opening.opens < seconds) {
    opening = nextOpening(window, opening.closes, horizonDays);
    if (opening !== undefined && opening.opens > until) return undefined;
  }
  return opening;
}

/** The first moment after `from` and not after `until` from which on the window is open, or closed. */
function nextChange(window: Window, from: number, until: number, open: boolean): number | undefined {
  for (let date = Math.floor(from / daySeconds); date * daySeconds <= until; date += 1) {
    for (const at of momentsOn(window, date))
      if (from < at && at <= until && isOpen(window, at) === open) return at;
  }
  return undefined;
}

/** All moments of a UTC date at which the window may open or close, ascending. */
function momentsOn(window: Window, date: number): readonly number[] {
  const moments = new Set<number>();
  const first = date * daySeconds;
  for (const span of window.spans) {
    const change = clockChangeOn(span.zone, date);
    if (change !== undefined) moments.add(change.at);
    const offsets = change === undefined ? [offsetAt(span.zone, first)] : [change.before, change.after];
    for (const offset of offsets) {
      for (const minute of [span.begin, span.end]) {
        moments.add(first + positive(minute * 60 - offset, daySeconds));
      }
    }
  }
  return [...moments].sort((one, other) => one - other);
}

function positive(number: number, divisor: number): number {
  return ((number % divisor) + divisor) % divisor;
}
