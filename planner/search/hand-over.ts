/**
 * Makes primaries on the nodes to be emptied movable: one switchover each, to a member that will not move again.
 *
 * A cluster whose primary stands on a drained node pays at least one switchover, and pays no second one if somebody final
 * takes over. So a replica is made final first, where nobody is yet, and only then the role is handed over.
 */

import { roleNumber } from '../survey/role-words.ts';
import { cause, movePod, switchOver } from '../yard/acts.ts';
import { isCovered, isReadyToLead, mayEverLead, mayLeadNow } from '../yard/roles.ts';
import { isFinal, origin, type Yard } from '../yard/yard.ts';
import { findFinalPlace, type Places } from './find-place.ts';

/** Returns the pods of a cluster's members, a temporary one that is there included. */
export function membersOf(yard: Yard, cluster: number): readonly number[] {
  const { clusters } = yard.survey;
  const from = clusters.start[cluster] ?? 0;
  const to = clusters.start[cluster + 1] ?? 0;
  const members = new Array<number>(to - from);
  for (let place = from; place < to; place += 1) members[place - from] = clusters.members[place] ?? -1;
  const temporary = clusters.temporary[cluster] ?? -1;
  if (temporary >= 0 && (yard.at[temporary] ?? -1) >= 0) members.push(temporary);
  return members;
}

/**
 * Hands over to somebody final, making replicas final first where nobody is; false where there is no room for it. `ahead`
 * says whether a replica may go before its own node's turn.
 */
export function coverAndHandOver(yard: Yard, cluster: number, places: Places, ahead: boolean): boolean {
  const members = membersOf(yard, cluster);
  // Each round makes one replica final; where only a synchronous standby may lead, all of them may have to be.
  for (let round = 0; round <= members.length; round += 1) {
    if (isCovered(yard, cluster)) {
      const chosen = bestSuccessor(yard, cluster, members);
      if (chosen < 0) return false;
      switchOver(yard, chosen);
      return true;
    }
    if (!makeOneFinal(yard, cluster, members, places, ahead)) return false;
  }
  return false;
}

/** Who takes over of those that are final: on a node that stays, in the zone with fewest, in sync, least behind, first by name. */
function bestSuccessor(yard: Yard, cluster: number, members: readonly number[]): number {
  const { clusters } = yard.survey;
  const standby = yard.syncNow[cluster] ?? -1;
  if (clusters.sync[cluster] === 1 && standby >= 0) return standby;
  let best = -1;
  for (const pod of members) {
    if (!isReadyToLead(yard, pod)) continue;
    if (best < 0 || compareSuccessors(yard, pod, best) < 0) best = pod;
  }
  return best;
}

function compareSuccessors(yard: Yard, a: number, b: number): number {
  return (
    goesLater(yard, a) - goesLater(yard, b) ||
    ledBeside(yard, a) - ledBeside(yard, b) ||
    isAsynchronous(yard, a) - isAsynchronous(yard, b) ||
    lagOf(yard, a) - lagOf(yard, b) ||
    a - b
  );
}

/** A refused node was meant to be emptied and will be some day. */
function goesLater({ at, origin: origins }: Yard, pod: number): number {
  return origins[at[pod] ?? -1] === origin.refused ? 1 : 0;
}

function ledBeside({ at, zone, ledIn }: Yard, pod: number): number {
  return ledIn[zone[at[pod] ?? -1] ?? -1] ?? 0;
}

const ofSyncStandby = roleNumber('sync-standby');

function isAsynchronous({ survey }: Yard, pod: number): number {
  return survey.clusters.role[pod] === ofSyncStandby ? 0 : 1;
}

/** Who may lead and does not say how far behind it is has come or moved since, and is not behind. */
function lagOf({ survey }: Yard, pod: number): number {
  const bytes = survey.clusters.lagBytes[pod] ?? 0;
  return Number.isNaN(bytes) ? 0 : bytes;
}

/** Moves one replica that could lead to a final node; false where none can be. */
function makeOneFinal(
  yard: Yard,
  cluster: number,
  members: readonly number[],
  places: Places,
  ahead: boolean,
): boolean {
  const home = yard.at[yard.primary[cluster] ?? -1] ?? -1;
  let before = -1;
  for (let tries = 0; tries < members.length; tries += 1) {
    const pod = nextToMove(yard, cluster, members, home, ahead, before);
    if (pod < 0) return false;
    const zone = yard.zone[yard.at[pod] ?? -1] ?? 0;
    const place = findFinalPlace(yard, pod, zone, places);
    if (place >= 0) {
      movePod(yard, pod, place, cause.replicaFirst);
      return true;
    }
    before = pod;
  }
  return false;
}

/** Returns the movable replica that comes next in the order of ranks behind one that found no place; -1: there is none. */
function nextToMove(
  yard: Yard,
  cluster: number,
  members: readonly number[],
  home: number,
  ahead: boolean,
  before: number,
): number {
  let best = -1;
  for (let place = 0; place < members.length; place += 1) {
    const pod = members[place] ?? -1;
    if (!mayBeMadeFinal(yard, cluster, pod) || (!ahead && yard.at[pod] !== home)) continue;
    if (before >= 0 && compareRanks(yard, pod, before, home) <= 0) continue;
    if (best < 0 || compareRanks(yard, pod, best, home) < 0) best = pod;
  }
  return best;
}

function mayBeMadeFinal(yard: Yard, cluster: number, pod: number): boolean {
  if (!mayEverLead(yard, pod) || isFinal(yard, yard.at[pod] ?? -1)) return false;
  // The synchronous standby goes first: whoever is synchronous then has not moved.
  const standby = yard.syncNow[cluster] ?? -1;
  return yard.survey.clusters.sync[cluster] !== 1 || standby < 0 || pod === standby;
}

function compareRanks(yard: Yard, a: number, b: number, home: number): number {
  return rankToMove(yard, a, home) - rankToMove(yard, b, home) || a - b;
}

/** A member on the primary's own node costs nothing extra; else the zone that led least, so that primaries end up spread. */
function rankToMove(yard: Yard, pod: number, home: number): number {
  const node = yard.at[pod] ?? -1;
  if (node === home) return -1;
  return yard.ledIn[yard.zone[node] ?? 0] ?? 0;
}

/**
 * Hands over to a member that stands on a node to be drained and that somebody can succeed in its turn: it will have to hand
 * over again. Returns whether it could.
 */
export function handOverToAnybody(yard: Yard, cluster: number): boolean {
  const { clusters } = yard.survey;
  const primary = yard.primary[cluster] ?? -1;
  const members = membersOf(yard, cluster);
  const standby = yard.syncNow[cluster] ?? -1;
  const onlyStandby = clusters.sync[cluster] === 1 && standby >= 0;
  let best = -1;
  for (const pod of members) {
    if (!mayLeadNow(yard, pod) || yard.at[pod] === yard.at[primary]) continue;
    if (onlyStandby && pod !== standby) continue;
    if (!canPassOn(yard, members, pod, primary)) continue;
    const better = Number(isFinal(yard, yard.at[pod] ?? -1)) - Number(isFinal(yard, yard.at[best] ?? -1));
    if (best < 0 || better > 0 || (better === 0 && compareSuccessors(yard, pod, best) < 0)) best = pod;
  }
  if (best < 0) return false;
  switchOver(yard, best);
  return true;
}

/** Whether somebody could succeed `next` after it has taken over; otherwise its own move would be an outage. */
function canPassOn(yard: Yard, members: readonly number[], next: number, primary: number): boolean {
  if (isFinal(yard, yard.at[next] ?? -1)) return true;
  return members.some((pod) => {
    if (pod === next) return false;
    if (pod === primary) return yard.survey.clusters.mayReturn[pod] === 1;
    return mayEverLead(yard, pod);
  });
}
