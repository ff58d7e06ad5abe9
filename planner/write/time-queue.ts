/** Numbers in the order of their times; of equal times the lower number comes first. A binary heap. */

export type TimeQueue = {
  readonly push: (time: number, number: number) => void;
  /** The earliest time; undefined: the queue is empty. */
  readonly earliest: () => number | undefined;
  /** Takes out the number with the earliest time; -1: the queue is empty. */
  readonly pop: () => number;
};

/** Returns an empty queue for at most so many numbers at a time. */
export function openQueue(most: number): TimeQueue {
  const times = new Float64Array(most);
  const numbers = new Int32Array(most);
  let size = 0;

  /** Whether what stands at `place` comes before this time and number. */
  const isBefore = (place: number, time: number, number: number): boolean => {
    const other = times[place] ?? 0;
    return other < time || (other === time && (numbers[place] ?? 0) < number);
  };
  const put = (place: number, time: number, number: number): void => {
    times[place] = time;
    numbers[place] = number;
  };
  const copy = (from: number, to: number): void => put(to, times[from] ?? 0, numbers[from] ?? 0);

  const push = (time: number, number: number): void => {
    let here = size;
    size += 1;
    while (here > 0) {
      const above = (here - 1) >> 1;
      if (isBefore(above, time, number)) break;
      copy(above, here);
      here = above;
    }
    put(here, time, number);
  };
  const pop = (): number => {
    if (size === 0) return -1;
    const first = numbers[0] ?? -1;
    size -= 1;
    const time = times[size] ?? 0;
    const number = numbers[size] ?? 0;
    let here = 0;
    for (let below = 1; below < size; below = 2 * here + 1) {
      const right = below + 1;
      if (right < size && isBefore(right, times[below] ?? 0, numbers[below] ?? 0)) below = right;
      if (!isBefore(below, time, number)) break;
      copy(below, here);
      here = below;
    }
    put(here, time, number);
    return first;
  };
  return { push, earliest: () => (size === 0 ? undefined : times[0]), pop };
}
