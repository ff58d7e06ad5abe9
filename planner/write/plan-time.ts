/**
 * How long a plan should take, and what it takes so long over: its steps begun as soon as `after`, the number of switchovers at
 * once and the windows allow, first come, first served. Expectations only: no step is safe or unsafe because of them.
 */
import { p95Factor, windowHorizonDays } from '../limits.ts';
import type { Step } from '../plan.ts';
import { nextOpening, type Opening, parseWindow, type Window } from '../rules/window.ts';
import { daySeconds } from '../rules/zone-clock.ts';
import { openQueue } from './time-queue.ts';

export type PlanTime = {
  /** Seconds from the start until the last step is done. */
  readonly p50: number;
  readonly p95: number;
  /**
   * Ids of the steps that make it so long, in the order in which they are carried out. It begins where nothing else held a step
   * up: at the start, or at a step that its window held (what came before that had time to spare).
   */
  readonly criticalPath: readonly string[];
  /** Ids of the steps whose window is never open for as long as they take. They are counted as if they had none. */
  readonly neverOpen: readonly string[];
};

export type PlanTimeOptions = {
  readonly parallelSwitchovers: number;
  /** Seconds since 1970. Undefined: unknown, and nobody can say how long windows hold up the plan; they are not counted. */
  readonly startsAt?: number | undefined;
};

/** A plan's steps by number, in the order of the plan; made once for any number of questions about their time. */
export type StepGraph = {
  readonly steps: readonly Step[];
  readonly seconds: Float64Array;
  /** How many steps each waits for. */
  readonly before: Int32Array;
  /** Those that wait for step n are `followers` from `first[n]` up to `first[n + 1]`. */
  readonly first: Int32Array;
  readonly followers: Int32Array;
  readonly isSwitchover: Uint8Array;
  /** By step the number of its window in `windows`; -1: it has none that can be read. */
  readonly windowOf: Int32Array;
  readonly windows: readonly Window[];
};

/** Returns how long the plan takes. Steps that nobody can ever begin (a circle in `after`) are not counted. */
export function planTime(
  steps: readonly Step[],
  options: PlanTimeOptions,
  graph: StepGraph = stepGraph(steps),
): PlanTime {
  const usual = layOut(graph, options, 1);
  const criticalPath = pathTo(graph, usual).map((step) => graph.steps[step]?.id ?? '');
  const neverOpen = [...usual.closed].map((step) => graph.steps[step]?.id ?? '');
  // Without windows everything takes longer by the same factor; a window opens when it opens.
  const isHeld = options.startsAt !== undefined && graph.windows.length > 0;
  const slow = isHeld ? layOut(graph, options, p95Factor).end : usual.end * p95Factor;
  return { p50: Math.round(usual.end), p95: Math.round(slow), criticalPath, neverOpen };
}

/** Returns the steps by number. Ids that no step has are waited for by nobody. */
export function stepGraph(steps: readonly Step[]): StepGraph {
  const numberOf = new Map(steps.map(({ id }, number) => [id, number]));
  const growing = growGraph(steps.length);
  for (const step of steps) {
    for (const id of step.after) {
      const earlier = numberOf.get(id);
      if (earlier !== undefined) addEdge(growing, earlier);
    }
    addStep(growing, step);
  }
  return finishGraph(growing, steps);
}

/** A graph while its steps come one by one, in arrays of the size that they will have. */
export type GrowingGraph = {
  count: number;
  readonly seconds: Float64Array;
  readonly before: Int32Array;
  readonly isSwitchover: Uint8Array;
  /** What each waits for, one step's after the other's. */
  earlier: Int32Array;
  edges: number;
  /** How many edges there were when the last step had been added. */
  edgesBefore: number;
  readonly windowed: number[];
};

/** Returns a graph for that many steps. */
export function growGraph(stepsMax: number): GrowingGraph {
  return {
    count: 0,
    seconds: new Float64Array(stepsMax),
    before: new Int32Array(stepsMax),
    isSwitchover: new Uint8Array(stepsMax),
    earlier: new Int32Array(4 * stepsMax),
    edges: 0,
    edgesBefore: 0,
    windowed: [],
  };
}

/** Notes that the next step waits for an earlier one. */
export function addEdge(graph: GrowingGraph, earlier: number): void {
  if (graph.edges === graph.earlier.length) {
    const larger = new Int32Array(2 * graph.edges + 1);
    larger.set(graph.earlier);
    graph.earlier = larger;
  }
  graph.earlier[graph.edges] = earlier;
  graph.edges += 1;
}

/** Notes the next step itself. */
export function addStep(graph: GrowingGraph, step: Step): void {
  graph.seconds[graph.count] = step.estimateSeconds;
  graph.before[graph.count] = graph.edges - graph.edgesBefore;
  graph.edgesBefore = graph.edges;
  if (step.kind === 'switchover') graph.isSwitchover[graph.count] = 1;
  if (windowOf(step) !== undefined) graph.windowed.push(graph.count);
  graph.count += 1;
}

function windowOf(step: Step | undefined): string | undefined {
  return step?.kind === 'switchover' || step?.kind === 'move' ? step.window : undefined;
}

/** Returns the graph of these steps, all of which have been added. */
export function finishGraph(growing: GrowingGraph, steps: readonly Step[]): StepGraph {
  const { count, seconds, before, isSwitchover, earlier, edges, windowed } = growing;
  return {
    steps,
    seconds: seconds.subarray(0, count),
    before: before.subarray(0, count),
    isSwitchover: isSwitchover.subarray(0, count),
    ...followersOf(before.subarray(0, count), earlier.subarray(0, edges)),
    ...windowsOf(steps, windowed),
  };
}

function followersOf(before: Int32Array, earlier: Int32Array): Pick<StepGraph, 'first' | 'followers'> {
  const count = before.length;
  const first = new Int32Array(count + 1);
  for (let edge = 0; edge < earlier.length; edge += 1) {
    const step = earlier[edge] ?? 0;
    first[step + 1] = (first[step + 1] ?? 0) + 1;
  }
  for (let step = 0; step < count; step += 1) first[step + 1] = (first[step + 1] ?? 0) + (first[step] ?? 0);
  const free = first.slice();
  const followers = new Int32Array(earlier.length);
  let edge = 0;
  for (let step = 0; step < count; step += 1) {
    for (const end = edge + (before[step] ?? 0); edge < end; edge += 1) {
      const other = earlier[edge] ?? 0;
      const place = free[other] ?? 0;
      followers[place] = step;
      free[other] = place + 1;
    }
  }
  return { first, followers };
}

/** Many clusters share one window: it is read once. */
function windowsOf(
  steps: readonly Step[],
  windowed: readonly number[],
): Pick<StepGraph, 'windowOf' | 'windows'> {
  const numbers = new Int32Array(steps.length).fill(-1);
  const windows: Window[] = [];
  const byText = new Map<string, number>();
  for (const step of windowed) {
    const text = windowOf(steps[step]) ?? '';
    let known = byText.get(text);
    if (known === undefined) {
      const parsed = parseWindow(text);
      known = parsed.kind === 'window' ? windows.push(parsed.window) - 1 : -1;
      byText.set(text, known);
    }
    numbers[step] = known;
  }
  return { windowOf: numbers, windows };
}

type Layout = {
  readonly end: number;
  /** The step that ends last; -1: there is none. */
  readonly last: number;
  /** By step: the one that held it up; -1: none did, or its window. */
  readonly heldBy: Int32Array;
  readonly closed: ReadonlySet<number>;
};

/**
 * Only switchovers compete with one another, so only they stand in the queue, by the time at which they could begin. Whatever
 * else is free begins at once. No switchover that is found later could begin earlier than the one that is taken from the queue.
 */
function layOut(graph: StepGraph, options: PlanTimeOptions, factor: number): Layout {
  const { seconds, first, followers, isSwitchover } = graph;
  const count = seconds.length;
  const missing = graph.before.slice();
  /** When the last of the steps before it is done, and which that is. */
  const ready = new Float64Array(count);
  const heldBy = new Int32Array(count).fill(-1);
  const doors = openDoors(graph, options);
  const queue = openQueue(count);
  let lanesLeft = Math.max(1, options.parallelSwitchovers);
  /** Switchovers by their end; there are never more of them than lanes. */
  const lanes = openQueue(Math.min(count, lanesLeft));
  let end = 0;
  let last = -1;
  const stack = new Int32Array(count);
  let free = 0;
  const setFree = (step: number): void => {
    stack[free] = step;
    free += 1;
  };

  const finish = (step: number, begin: number): number => {
    const done = begin + (seconds[step] ?? 0) * factor;
    if (done > end || last === -1) {
      end = done;
      last = step;
    }
    const behind = first[step + 1] ?? 0;
    for (let each = first[step] ?? 0; each < behind; each += 1) {
      const next = followers[each] ?? 0;
      if (done > (ready[next] ?? 0) || heldBy[next] === -1) {
        ready[next] = done;
        heldBy[next] = step;
      }
      const left = (missing[next] ?? 0) - 1;
      missing[next] = left;
      if (left === 0) setFree(next);
    }
    return done;
  };
  const settle = (): void => {
    while (free > 0) {
      free -= 1;
      const step = stack[free] ?? 0;
      const wanted = ready[step] ?? 0;
      const begin = doors.pass(step, wanted);
      if (begin > wanted) heldBy[step] = -1;
      if (isSwitchover[step] === 1) queue.push(begin, step);
      else finish(step, begin);
    }
  };

  for (let step = 0; step < count; step += 1) if (missing[step] === 0) setFree(step);
  settle();
  for (let wanted = queue.earliest(); wanted !== undefined; wanted = queue.earliest()) {
    const step = queue.pop();
    let begin = wanted;
    if (lanesLeft > 0) lanesLeft -= 1;
    else {
      const until = lanes.earliest() ?? 0;
      begin = Math.max(wanted, until);
      const opens = doors.pass(step, begin);
      if (opens > begin) {
        // Its window closed while others were switched over: it stands in the queue again.
        heldBy[step] = -1;
        queue.push(opens, step);
        continue;
      }
      const other = lanes.pop();
      if (until > wanted) heldBy[step] = other;
    }
    lanes.push(finish(step, begin), step);
    settle();
  }
  return { end, last, heldBy, closed: doors.closed };
}

/** From the last step back to one that nothing held up. */
function pathTo(graph: StepGraph, { last, heldBy }: Layout): readonly number[] {
  const path: number[] = [];
  for (let step = last; step !== -1 && path.length < graph.seconds.length; step = heldBy[step] ?? -1)
    path.push(step);
  return path.reverse();
}

type Doors = {
  /** The earliest time from `time` on at which the step may begin, in seconds since the start. */
  readonly pass: (step: number, time: number) => number;
  /** Steps that found none. */
  readonly closed: ReadonlySet<number>;
};

function openDoors({ seconds, windowOf, windows }: StepGraph, { startsAt }: PlanTimeOptions): Doors {
  const closed = new Set<number>();
  if (startsAt === undefined || windows.length === 0) return { pass: (_, time) => time, closed };
  const openings = windows.map((window) => listOpenings(window, startsAt));
  const pass = (step: number, time: number): number => {
    const own = openings[windowOf[step] ?? -1];
    if (own === undefined) return time;
    const begin = own.firstFor(seconds[step] ?? 0, startsAt + time);
    if (begin === undefined) closed.add(step);
    return begin === undefined ? time : begin - startsAt;
  };
  return { pass, closed };
}

type Openings = {
  /** The first moment from `from` on at which the window is open for so many seconds; undefined: within the horizon there is none. */
  readonly firstFor: (seconds: number, from: number) => number | undefined;
};

/** Openings one after the other, each looked for once: thousands of steps may ask for the same window. */
function listOpenings(window: Window, startsAt: number): Openings {
  const known: Opening[] = [];
  let isLast = false;
  const opening = (index: number): Opening | undefined => {
    while (known.length <= index && !isLast) {
      const next = nextOpening(window, known.at(-1)?.closes ?? startsAt, windowHorizonDays);
      if (next === undefined) isLast = true;
      else known.push(next);
    }
    return known[index];
  };
  const firstFor = (seconds: number, from: number): number | undefined => {
    let [low, high] = [0, known.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((known[middle]?.closes ?? 0) <= from) low = middle + 1;
      else high = middle;
    }
    for (let index = low; ; index += 1) {
      const each = opening(index);
      if (each === undefined || each.opens > from + windowHorizonDays * daySeconds) return undefined;
      const begin = Math.max(from, each.opens);
      if (begin + seconds <= each.closes) return begin;
    }
  };
  return { firstFor };
}
