/**
 * POST /switchover and the names of its answers. https://patroni.readthedocs.io/en/latest/rest_api.html#switchover
 * POST /failover is never used: it skips Patroni's own checks of lag and synchronous standbys.
 */
import { OutsideError } from '../errors.ts';
import type { SwitchoverAnswer } from '../ports.ts';
import type { PatroniRest } from './rest.ts';

/** Asks the leader. Never throws for a lost answer: that one is `unknown`, for the switchover may still happen. */
export async function switchover(
  rest: PatroniRest,
  leader: { readonly name: string; readonly url: string },
  candidate: string,
  deadlineMs: number,
): Promise<SwitchoverAnswer> {
  try {
    // `leader` is Patroni's own guard: with another leader by then it answers 412 and does nothing.
    const answer = await rest.send('POST', `${leader.url}/switchover`, deadlineMs, {
      leader: leader.name,
      candidate,
    });
    return nameAnswer(answer.status, answer.text, candidate);
  } catch (error) {
    if (error instanceof OutsideError) return { kind: 'unknown', message: error.message };
    throw error;
  }
}

/** Answers with 503 after which nothing was done. Every other 503, such as `Switchover status unknown`, may still happen. */
const NOTHING_DONE_503 = [/^Switchover failed/i, /^failed to write failover key/i];

/** Pure: status and text of an answer, as recorded from real Patroni, to its name. The text decides, not only the status. */
export function nameAnswer(status: number, text: string, candidate: string): SwitchoverAnswer {
  const message = firstLine(text);
  if (status === 200) return nameSuccess(message, candidate);
  // 408 and 499 are written by proxies that gave up waiting, not by Patroni.
  if (status >= 400 && status < 500 && status !== 408 && status !== 499) {
    return { kind: 'not-done', status, message };
  }
  if (status === 503 && NOTHING_DONE_503.some((pattern) => pattern.test(message))) {
    return { kind: 'not-done', status, message };
  }
  return { kind: 'unknown', message: `${status} ${message}` };
}

function nameSuccess(message: string, candidate: string): SwitchoverAnswer {
  const instead = /^(?:Switched|Failed) over to "([^"]+)" instead of "[^"]+"/.exec(message)?.[1];
  if (instead !== undefined) return { kind: 'other-target', to: instead };
  const target = /^Successfully (?:switched|failed) over to "([^"]+)"/.exec(message)?.[1];
  if (target === undefined) return { kind: 'unknown', message: `200 ${message}` };
  return target === candidate ? { kind: 'switched', to: target } : { kind: 'other-target', to: target };
}

/** Errors of Patroni's web server come as a page of HTML; its `Message:` line says enough. */
function firstLine(text: string): string {
  const page = /<p>Message: ([^<]*)<\/p>/.exec(text)?.[1];
  return (page ?? text.split('\n', 1)[0] ?? '').trim().slice(0, 300);
}
