/**
 * Pure: what was seen of one step, and what the journal remembers -> what to do now. At most one act.
 */

import { decideMemberMove } from './decide-member-move.ts';
import { decideAddNode, decideCordon, decideFence, decideRelease, decideUnfence } from './decide-node.ts';
import { decidePodMove } from './decide-pod-move.ts';
import { decideScaleIn, decideScaleOut } from './decide-scale.ts';
import { decideSwitchover } from './decide-switchover.ts';
import type { Decision, Memory } from './decision.ts';
import { interruptsPrimary, nothingGoesOn } from './nothing-goes-on.ts';
import type { Seen } from './seen.ts';

/** Returns the decision for the step that `sight` is of. Never throws: what cannot be is a halt with its reason. */
export function decide(sight: Seen, memory: Memory): Decision {
  const decision = decideByKind(sight, memory);
  return interruptsPrimary(sight, decision) ? (nothingGoesOn(sight) ?? decision) : decision;
}

function decideByKind(sight: Seen, memory: Memory): Decision {
  switch (sight.kind) {
    case 'fence':
      return decideFence(sight, memory);
    case 'unfence':
      return decideUnfence(sight, memory);
    case 'cordon':
      return decideCordon(sight, memory);
    case 'add-node':
      return decideAddNode(sight, memory);
    case 'pod-move':
      return decidePodMove(sight, memory);
    case 'member-move':
      return decideMemberMove(sight, memory);
    case 'switchover':
      return decideSwitchover(sight, memory);
    case 'scale-out':
      return decideScaleOut(sight, memory);
    case 'scale-in':
      return decideScaleIn(sight, memory);
    case 'release':
      return decideRelease(sight, memory);
  }
}
