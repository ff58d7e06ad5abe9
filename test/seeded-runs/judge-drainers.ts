/** What another drainer has begun to take away is left to it, from when it could be seen (docs/decisions/0008-holds-and-others-at-work.md). */
import { type Stage, violate } from './stage.ts';

/** Judges an act from or towards `node`: whoever asks for it may not know of what is so for less than `unknownMs`. */
export function judgeLeftAlone(
  { stage, askedMs }: { readonly stage: Stage; readonly askedMs: number },
  node: string | undefined,
  unknownMs: number,
  what: string,
): void {
  const sinceMs = stage.drainedByOthers.get(node ?? '');
  if (sinceMs !== undefined && sinceMs < askedMs - unknownMs)
    violate(stage, `${what} ${node}, which another drainer takes away since ${askedMs - sinceMs} ms`);
}
