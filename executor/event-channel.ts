/**
 * The channel into the fleet itself: Events on the nodes and pods that a run acts on.
 */
import { explainEvent } from '../planner/explain/explain-news.ts';
import type { News } from './news-of.ts';
import type { EventPort } from './ports.ts';
import type { Channel } from './tell-news.ts';

/** Kubernetes keeps Events for an hour: what could not be written in minutes is of no use there. */
const patienceMs = 5 * 60_000;

/** Returns the channel; its name is `kubernetes-events`. */
export function eventChannel(fleet: EventPort): Channel {
  return {
    name: 'kubernetes-events',
    patienceMs,
    tell: async (news) => {
      if (news.event === undefined || news.event.about.length === 0) {
        return false;
      }
      await recordAll(fleet, news, news.event);
      return true;
    },
  };
}

async function recordAll(
  fleet: EventPort,
  { id, atMs, by }: News,
  event: NonNullable<News['event']>,
): Promise<void> {
  const isTrouble = event.code === 'run-halted' || event.code === 'hold-refused';
  const type = isTrouble ? 'Warning' : 'Normal';
  const note = explainEvent(event);
  const reason = reasonOf(event.code);
  for (const [place, about] of event.about.entries()) {
    await fleet.recordEvent({ name: `switchyard.${id}.${place}`, about, type, reason, note, atMs, by });
  }
}

/** `switched-over` -> `SwitchyardSwitchedOver`. */
function reasonOf(code: string): string {
  const words = code.split('-').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `Switchyard${words.join('')}`;
}
