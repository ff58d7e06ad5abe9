/**
 * The acts of a log on another yard of the same survey, so that the state at any moment of a plan can be looked at.
 */
import {
  act,
  addNode,
  beginWave,
  markEmptied,
  movePod,
  releaseNode,
  scaleIn,
  scaleOut,
  switchOver,
} from '../yard/acts.ts';
import type { Yard } from '../yard/yard.ts';

/** Lets the act of an entry happen on a yard on which all acts before it have happened. */
export function repeatAct(yard: Yard, log: Int32Array, entry: number): void {
  const [subject, from, to] = [log[entry + 1] ?? -1, log[entry + 2] ?? -1, log[entry + 3] ?? -1];
  switch (log[entry]) {
    case act.move:
      movePod(yard, subject, to, log[entry + 4] ?? 0);
      break;
    case act.switchover:
      switchOver(yard, to);
      break;
    case act.add:
      addNode(yard, to, from);
      break;
    case act.empty:
      markEmptied(yard, subject);
      break;
    case act.release:
      releaseNode(yard, subject);
      break;
    case act.scaleOut:
      scaleOut(yard, yard.survey.pods.cluster[subject] ?? -1, to);
      break;
    case act.scaleIn:
      scaleIn(yard, subject);
      break;
    case act.wave:
      beginWave(yard);
      break;
  }
}
