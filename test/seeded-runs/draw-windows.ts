/**
 * Clusters that may be interrupted only in their windows: of these most are open for a few minutes, several times while troubles last, and
 * then for the rest of the day, so that a run ends all the same. Some are shorter than what they are for.
 */
import type { Random } from '../../simulations/world/random.ts';

/** A stretch of time in which a window is open, in milliseconds since 1970. */
export type Opening = { readonly opensMs: number; readonly closesMs: number };

/** As the request writes it, and when it is open until the third day: nothing has to be read to know that. */
export type DrawnWindow = { readonly text: string; readonly openings: readonly Opening[] };

/** By the cluster's key; empty: most runs have none. */
export type DrawnWindows = ReadonlyMap<string, DrawnWindow>;

/** In minutes, from `from` on. */
type Span = { readonly opens: number; readonly closes: number };

const share = 0.15;
const ofClusters = 0.7;
const minuteMs = 60_000;
const dayMinutes = 1_440;
/** Ten minutes before the worlds of these runs begin: what opens then is open at the start. */
const fromMinute = 7 * 60 + 50;
const fromMs = Date.UTC(2026, 10, 23, 0, fromMinute);
const days = 3;

/** Minutes before UTC in November. */
const zones = [
  ['', 0],
  [' UTC', 0],
  [' Europe/Berlin', 60],
  [' Asia/Kathmandu', 345],
  [' America/St_Johns', -210],
] as const;
/** More days than a run lasts, in whatever zone. */
const dayWords = ['', 'Sun-Thu ', 'Mon-Sun '] as const;

/** Draws windows for some of these clusters in some of the seeds. */
export function drawWindows(random: Random, clusters: readonly string[]): DrawnWindows {
  if (random.next() >= share) return new Map();
  const drawn = clusters
    .filter(() => random.next() < ofClusters)
    .map((key) => [key, drawWindow(random)] as const);
  return new Map(drawn);
}

function drawWindow(random: Random): DrawnWindow {
  const spans = drawSpans(random);
  const [zone, beforeUtc] = zones[random.between(0, zones.length - 1)] ?? zones[0];
  const daysOfAll = dayWords[random.between(0, dayWords.length - 1)];
  const clock = (minute: number): string => clockOf(fromMinute + minute + beforeUtc);
  const text = spans
    .map(({ opens, closes }) => `${daysOfAll}${clock(opens)}-${clock(closes)}${zone}`)
    .join(', ');
  const openings = Array.from({ length: days }, (_, day) =>
    spans.map(({ opens, closes }) => ({ opensMs: momentOf(day, opens), closesMs: momentOf(day, closes) })),
  ).flat();
  return { text, openings };
}

function drawSpans(random: Random): readonly Span[] {
  const few = (most: number): number => 1 + Math.floor(most * random.next() ** 2);
  const spans: Span[] = [];
  let at = random.next() < 0.5 ? 0 : 10 + few(20);
  for (let left = random.between(0, 8); left > 0; left -= 1) {
    const closes = (at === 0 ? 10 : at) + few(8);
    spans.push({ opens: at, closes });
    at = closes + few(20);
  }
  // Closed for some minutes before the first of the next day: two of them never are one.
  return [...spans, { opens: at, closes: dayMinutes - 10 }];
}

function momentOf(day: number, minute: number): number {
  return fromMs + (day * dayMinutes + minute) * minuteMs;
}

function clockOf(minute: number): string {
  const ofDay = (minute + dayMinutes) % dayMinutes;
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(Math.floor(ofDay / 60))}:${two(ofDay % 60)}`;
}
