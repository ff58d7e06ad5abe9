/**
 * Makes passes due at once when there is news for them. News that come while a pass is under way, which may have looked already,
 * are kept until its job sleeps. All of it is in memory and may be lost without harm: every job wakes up by itself in time.
 */

import type { News } from './news-of-steps.ts';

export type PassWaker = {
  /** A pass begins; `words`: the news that concern it. */
  begins(id: string, words: readonly string[]): void;
  /** Its job sleeps until its next turn. */
  asleep(id: string): void;
  /** There will be no further pass. */
  ends(id: string): void;
  /** News for one pass. */
  tell(id: string): void;
  /** News for all whom one of the words `all` concerns, and for who has listened longest to each of `next`. */
  tellAbout(news: News): void;
  close(): void;
};

/** News of this long are told of together: one change seldom comes alone. */
const GATHER_MS = 40;

type Sleeper = { isUnderWay: boolean; hasNews: boolean; words: readonly string[] };

/** Returns a waker that calls `hurry` with the passes that are due. `later` calls something after so many milliseconds. */
export function wakePasses(
  hurry: (ids: readonly string[]) => void,
  later: (ms: number) => Promise<void>,
): PassWaker {
  const sleepers = new Map<string, Sleeper>();
  const listening = new Map<string, Set<string>>();
  let due = new Set<string>();
  let isClosed = false;

  const gather = async (): Promise<void> => {
    await later(GATHER_MS);
    const ids = [...due].filter((id) => sleepers.get(id)?.isUnderWay !== true);
    due = new Set();
    if (!isClosed && ids.length > 0) hurry(ids);
  };
  const wake = (id: string): void => {
    if (due.size === 0) void gather();
    due.add(id);
  };
  const tell = (id: string): void => {
    const sleeper = sleepers.get(id);
    if (sleeper?.isUnderWay === true) sleeper.hasNews = true;
    else wake(id);
  };
  const forget = (id: string, words: readonly string[]): void => {
    for (const word of words) {
      const ids = listening.get(word);
      ids?.delete(id);
      if (ids?.size === 0) listening.delete(word);
    }
  };
  return {
    begins(id, words) {
      const before = sleepers.get(id);
      // Who listens to the same as before keeps its place.
      if (before?.words.join() !== words.join()) {
        forget(id, before?.words ?? []);
        for (const word of words) listening.set(word, (listening.get(word) ?? new Set()).add(id));
      }
      due.delete(id);
      sleepers.set(id, { isUnderWay: true, hasNews: false, words });
    },
    asleep(id) {
      const sleeper = sleepers.get(id);
      if (sleeper === undefined) return;
      sleeper.isUnderWay = false;
      if (sleeper.hasNews) wake(id);
    },
    ends(id) {
      forget(id, sleepers.get(id)?.words ?? []);
      sleepers.delete(id);
    },
    tell,
    tellAbout({ all, next }) {
      const ids = new Set(all.flatMap((word) => [...(listening.get(word) ?? [])]));
      for (const word of next) {
        const [longest] = listening.get(word) ?? [];
        if (longest !== undefined) ids.add(longest);
      }
      for (const id of ids) tell(id);
    },
    close() {
      isClosed = true;
    },
  };
}
