/**
 * A rule that a plan breaks, as a sentence.
 */
import { type ViolationCode, violationCodes } from '../check/check-codes.ts';
import type { Facts, Violation } from '../plan.ts';
import { bareCode } from './explain-because.ts';
import { fact } from './explain-words.ts';

const sentences: Readonly<Record<ViolationCode, (facts: Facts) => string>> = {
  'header-wrong': (f) =>
    `not a DrainPlan of switchyard.dev/v1 with an id: ${fact(f, 'kind')} of ${fact(f, 'apiVersion')}`,
  'request-unusable': (f) => `its request cannot be used: ${fact(f, 'why')}`,
  'snapshot-differs': () => 'it was made for another snapshot than this one',
  'step-id-repeated': (f) => `two steps are called ${fact(f, 'id')}`,
  'after-unknown': (f) => `it waits for ${fact(f, 'after')}, which is no earlier step`,
  'wave-out-of-order': (f) =>
    `wave ${fact(f, 'own')} does not fit${Object.hasOwn(f, 'after') ? `: it waits for ${fact(f, 'after')} of wave ${fact(f, 'wave')}` : ''}`,
  'wave-not-together': (f) =>
    `it waits for ${fact(f, 'release')}, which releases ${fact(f, 'node')} in its own wave ${fact(f, 'wave')}: nodes of one wave are emptied together`,
  'estimate-wrong': (f) => `estimateSeconds is ${fact(f, 'said')}`,
  'node-unknown': (f) => `there is no node ${fact(f, 'node')}`,
  'node-gone': (f) => `node ${fact(f, 'node')} has been released before`,
  'pod-unknown': (f) => `there is no pod ${fact(f, 'pod')}`,
  'pod-replaced': (f) => `pod ${fact(f, 'pod')} has another UID, ${fact(f, 'uid')}`,
  'pod-elsewhere': (f) => `pod ${fact(f, 'pod')} stands on ${fact(f, 'node')} at this moment`,
  'cluster-unknown': (f) => `there is no cluster ${fact(f, 'cluster')}`,
  'member-mismatch': (f) => `it names the wrong cluster or member (cluster ${fact(f, 'cluster')})`,
  'zone-unknown': (f) => `there is no zone ${fact(f, 'zone')}`,
  'node-name-taken': (f) => `a node called ${fact(f, 'node')} is there already`,
  'not-to-be-drained': (f) => `node ${fact(f, 'node')} is not to be drained`,
  'refused-node-touched': (f) => `node ${fact(f, 'node')} is refused and has to be left as it was`,
  'fenced-already': (f) => `node ${fact(f, 'node')} is fenced already`,
  'not-fenced': (f) => `node ${fact(f, 'node')} has no fence to take off`,
  'parking-forbidden': (f) =>
    `node ${fact(f, 'node')} is to be drained itself, and the request forbids parking`,
  'cordon-under-primary': (f) =>
    `node ${fact(f, 'node')} still carries the primary of ${fact(f, 'cluster')}: an operator would react to the cordon`,
  'fence-left': (f) => `the fence on ${fact(f, 'node')} is left standing`,
  'pod-stays': (f) => `pod ${fact(f, 'pod')} stays on its node (DaemonSet, mirror pod, or ended)`,
  'pod-would-not-return': (f) => `pod ${fact(f, 'pod')} has no owner and would not come back`,
  'moved-off-kept-node': (f) =>
    `pod ${fact(f, 'pod')} is moved off ${fact(f, 'node')}, which is kept and open: it may come straight back`,
  'target-not-ready': (f) => `node ${fact(f, 'node')} is not ready`,
  'target-closed': (f) =>
    `node ${fact(f, 'node')} is closed to ${fact(f, 'pod')} at this moment (fence or cordon)`,
  'no-room': (f) => `${fact(f, 'node')} has not enough ${fact(f, 'resource')} left for ${fact(f, 'pod')}`,
  'placement-rule': (f) => `${fact(f, 'pod')} may not stand on ${fact(f, 'node')}: ${fact(f, 'rule')}`,
  'drained-node-open': (f) =>
    `${fact(f, 'pod')} might land on ${fact(f, 'node')}, which is to be drained and not closed yet`,
  'primary-moved': (f) => `${fact(f, 'member')} is the primary of ${fact(f, 'cluster')} at this moment`,
  'outage-avoidable': (f) =>
    `${fact(f, 'successor')} could take over from ${fact(f, 'member')}: no outage is needed in ${fact(f, 'cluster')}`,
  'outage-not-of-primary': (f) => `it says outage, but ${fact(f, 'pod')} is no primary`,
  'outage-not-wanted': (f) => `the request says to skip ${fact(f, 'cluster')}, not to restart its primary`,
  'second-member-unavailable': (f) =>
    `${fact(f, 'down')} of ${fact(f, 'cluster')} would be unavailable together with ${fact(f, 'member')}`,
  'budget-overdrawn': (f) =>
    `budget ${fact(f, 'budget')} allows no eviction of ${fact(f, 'pod')} now (has ${fact(f, 'healthy')}, needs ${fact(f, 'desired')})`,
  'two-budgets': (f) =>
    `pod ${fact(f, 'pod')} is under several budgets (${fact(f, 'budgets')}); Kubernetes refuses to evict it`,
  'ordered-set-broken': (f) =>
    `its set would not make ${fact(f, 'pod')} again while ${fact(f, 'waitsFor')} is not ready`,
  'one-node-at-a-time': (f) =>
    `${fact(f, 'begun')} is not empty yet, and whole nodes are drained one at a time`,
  'not-the-primary': (f) =>
    `${fact(f, 'from')} is not primary of ${fact(f, 'cluster')} at this moment (${fact(f, 'primary')} is)`,
  'candidate-not-eligible': (f) =>
    `${fact(f, 'to')} cannot take over in ${fact(f, 'cluster')}: ${fact(f, 'why')}`,
  'switchover-pointless': (f) =>
    `the primary of ${fact(f, 'cluster')} stands on ${fact(f, 'node')}, which is kept`,
  'window-missing': (f) =>
    `it has to wait for the window of ${fact(f, 'cluster')} (${fact(f, 'window')}) and names ${fact(f, 'said')}`,
  'cluster-contradicts-itself': (f) => `nobody can say who is primary of ${fact(f, 'cluster')}`,
  'scale-out-not-wanted': (f) => `${fact(f, 'cluster')} needs no temporary member, or the request wants none`,
  'not-first-or-last': (f) =>
    `${fact(f, 'member')} stands between other pods of its StatefulSet, which gives up only its first or its last`,
  'member-name-taken': (f) => `${fact(f, 'cluster')} has a member ${fact(f, 'member')} already`,
  'scale-in-without-scale-out': (f) =>
    `${fact(f, 'cluster')} has no temporary member, ${fact(f, 'member')} must stay`,
  'primary-removed': (f) =>
    `${fact(f, 'member')} is primary of ${fact(f, 'cluster')} and must not be removed`,
  'temporary-member-left': (f) => `${fact(f, 'cluster')} is left with its temporary member`,
  'surge-exceeded': (f) =>
    `zone ${fact(f, 'zone')} has ${fact(f, 'extra')} extra nodes, allowed are ${fact(f, 'surge')}`,
  'too-many-new-nodes': (f) =>
    `zone ${fact(f, 'zone')} gets ${fact(f, 'count')} new nodes, allowed are ${fact(f, 'most')}`,
  'too-many-drains': (f) =>
    `wave ${fact(f, 'wave')} drains ${fact(f, 'count')} nodes of zone ${fact(f, 'zone')}, allowed are ${fact(f, 'most')}`,
  'release-not-empty': (f) => `node ${fact(f, 'node')} still carries ${fact(f, 'pods')}`,
  'release-not-closed': (f) => `node ${fact(f, 'node')} is neither fenced nor cordoned`,
  'drained-node-forgotten': (f) => `node ${fact(f, 'node')} is neither released nor refused`,
  'refused-and-released': (f) => `node ${fact(f, 'node')} is both refused and released`,
  'not-ordered': (f) =>
    `nothing makes it wait for step ${fact(f, 'first')} (${fact(f, 'why')}: ${fact(f, 'subject')})`,
  'summary-wrong': (f) =>
    `summary.${fact(f, 'field')} says ${fact(f, 'said')}, counted ${fact(f, 'counted')}`,
  'certificate-wrong': (f) =>
    `certificate.${fact(f, 'field')} says ${fact(f, 'said')}, counted ${fact(f, 'counted')}`,
  'verdict-wrong': (f) =>
    `clusters.${fact(f, 'cluster')}: ${fact(f, 'field')} says ${fact(f, 'said')}, counted ${fact(f, 'counted')}`,
};

/** `s12: sentence`, or `plan: sentence` where it is about no single step. */
export function explainViolation(violation: Violation): string {
  const code = violationCodes.find((each) => each === violation.code);
  const sentence = code === undefined ? bareCode(violation) : sentences[code](violation.facts);
  return `${violation.step ?? 'plan'}: ${sentence}`;
}
