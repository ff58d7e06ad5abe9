/** What Patroni may keep back in an answer, and what is left of it then. */
import type { PatroniView } from '../../executor/ports.ts';

export const vaguenessKinds = [
  'lag-unknown',
  'timeline-unknown',
  'timeline-behind',
  'not-listed',
  'leader-without-timeline',
  'leader-unknown',
] as const;

/** What is kept back of whom; `member` is the leader's or a replica's name, as the kind says. */
export type Vagueness = { readonly kind: (typeof vaguenessKinds)[number]; readonly member: string };

/** Returns what is left of the answer. */
export function keepBack(view: PatroniView, vagueness: Vagueness | undefined): PatroniView {
  if (vagueness === undefined) return view;
  const { kind, member } = vagueness;
  const changed = (change: (one: PatroniView['members'][number]) => PatroniView['members']): PatroniView => ({
    ...view,
    members: view.members.flatMap((one) => (one.name === member ? change(one) : [one])),
  });
  switch (kind) {
    case 'lag-unknown':
      return changed(({ lagBytes: _, ...one }) => [one]);
    case 'timeline-unknown':
      return changed(({ timeline: _, ...one }) => [one]);
    case 'timeline-behind':
      return changed((one) => [{ ...one, timeline: (one.timeline ?? 1) - 1 }]);
    case 'not-listed':
      return member === view.leader ? view : changed(() => []);
    case 'leader-without-timeline': {
      const { timeline: _, ...others } = view;
      return member === view.leader ? others : view;
    }
    case 'leader-unknown': {
      const { leader: _, ...others } = view;
      return others;
    }
  }
}
