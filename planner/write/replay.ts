/**
 * The state of things right before each act, as the acts are gone through again: what the reasons of steps speak of.
 */
import { act } from '../yard/acts.ts';
import { origin, type Yard } from '../yard/yard.ts';

export type Replay = Pick<Yard, 'survey' | 'origin' | 'at' | 'primary' | 'former' | 'moves'> & {
  /** Lets the act of an entry happen. */
  readonly repeat: (entry: number) => void;
  /** Daemon and mirror pods on a node. */
  readonly stayingOn: (node: number) => number;
};

/** Returns the state before the first act. */
export function openReplay(yard: Yard): Replay {
  const { survey, log } = yard;
  const { pods, clusters } = survey;
  const at = pods.node.slice();
  const primary = clusters.primary.slice();
  const former = new Uint8Array(pods.all.length);
  const moves = new Uint8Array(pods.all.length);
  const staying = countStaying(yard);
  return {
    survey,
    origin: yard.origin,
    at,
    primary,
    former,
    moves,
    stayingOn: (node) => staying[node] ?? 0,
    repeat: (entry) => {
      const subject = log[entry + 1] ?? 0;
      const to = log[entry + 3] ?? 0;
      switch (log[entry]) {
        case act.move:
          at[subject] = to;
          moves[subject] = (moves[subject] ?? 0) + 1;
          break;
        case act.switchover:
          former[log[entry + 2] ?? 0] = (former[log[entry + 2] ?? 0] ?? 0) + 1;
          primary[subject] = to;
          break;
        case act.scaleOut:
        case act.scaleIn:
          at[subject] = to;
          break;
      }
    },
  };
}

function countStaying({ survey, origin: origins }: Yard): Int32Array {
  const { pods, nodes } = survey;
  const staying = new Int32Array(nodes.all.length);
  pods.node.forEach((node, pod) => {
    if (node >= 0 && pods.stays[pod] === 1 && origins[node] === origin.drained)
      staying[node] = (staying[node] ?? 0) + 1;
  });
  return staying;
}
