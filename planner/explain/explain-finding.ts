/**
 * Findings and refusals as sentences. Their fix is a command or a setting and is printed as it is.
 */
import type { FindingCode, RefusalCode } from '../codes.ts';
import type { Finding, Refusal } from '../plan.ts';
import { counted, fact, listed, numberFact } from './explain-words.ts';

const findings: Readonly<Record<FindingCode, (finding: Finding) => string>> = {
  'kind-missing': (f) => `no ${f.subject} in the snapshot, though something in it asks for one`,
  'no-persistent-volumes': (f) =>
    `${f.subject}: its PersistentVolume is not in the snapshot; zones are taken from the pods' nodes`,
  'no-zone-label': (f) =>
    `node ${f.subject} has no label ${fact(f.facts, 'label', 'topology.kubernetes.io/zone')}`,
  'single-member': (f) => `${f.subject} has one member: nobody can take over`,
  'unknown-lag': (f) =>
    `${f.subject}: lag unknown of ${fact(f.facts, 'members', 'a replica')}; no candidate until it is known`,
  'paused-cluster': (f) =>
    `${f.subject} is paused in Patroni: nobody takes over by itself if something goes wrong`,
  'budget-never-opens': (f) => `budget ${f.subject} allows no eviction at all`,
  'two-budgets': (f) => `pod ${f.subject} is under two budgets: Kubernetes refuses to evict it`,
  'bare-pod': (f) => `pod ${f.subject} has no owner: once evicted it does not come back`,
  'no-anti-affinity': (f) => `${f.subject}: nothing keeps its members off one node`,
  'ordered-ready': (f) =>
    `${f.subject} makes its pods in order: while one is not ready, no later one comes back`,
  'two-primaries': (f) => `${f.subject}: several members claim to be primary (${fact(f.facts, 'claimants')})`,
  'no-primary': (f) => `${f.subject} has no primary`,
  'unreadable-member-status': (f) => `${f.subject}: Patroni's status annotation cannot be read`,
  'unrecognised-member': (f) =>
    `pod ${f.subject} is run by Patroni, but its labels are those of no known kind of cluster: it is planned like any other pod`,
};

const refusals: Readonly<Record<RefusalCode, (refusal: Refusal) => string>> = {
  'two-primaries': (r) =>
    `several members of ${subject(r)} claim to be primary (${fact(r.facts, 'claimants')})`,
  'no-primary': (r) => `${subject(r)} has no primary`,
  'bare-pod': (r) => `${pods(r)} without owner would not come back`,
  'two-budgets': (r) =>
    `${pods(r)} under two budgets (${fact(r.facts, 'budgets')}): Kubernetes refuses to evict it`,
  'budget-forbids-restart': (r) =>
    `${subject(r)}: nobody can take over, and budget ${fact(r.facts, 'budget')} forbids to restart the primary`,
  'single-member-skip': (r) => `nobody can take over in ${subject(r)} and "singleMember" is "skip"`,
  'window-too-short': (r) =>
    `the primary of ${subject(r)} may move only in its window (${fact(r.facts, 'window')}), which is never open for ${fact(r.facts, 'seconds')} s within ${fact(r.facts, 'days')} days`,
  'switchover-never': (r) => `${subject(r)} must move its primary and "switchover" is "never"`,
  'paused-cluster': (r) => `${subject(r)} is paused in Patroni`,
  'pod-fits-nowhere': (r) =>
    `${pods(r)} ${r.pods.length > 1 ? 'fit' : 'fits'} no node of zone ${fact(r.facts, 'zone')}, neither a kept nor a new one`,
  'no-room': (r) =>
    `no room for ${pods(r)} in zone ${fact(r.facts, 'zone')} with ${counted(numberFact(r.facts, 'surge') ?? 0, 'extra node')} at a time${r.facts.tried === 'all' ? ': every order was tried' : ''}`,
  'node-not-ready': () => 'the node is not ready: what stands on it cannot be moved in an orderly way',
  'budget-never-opens': (r) => `budget ${fact(r.facts, 'budget')} allows no eviction of ${pods(r)}`,
  'member-not-healthy': (r) =>
    `another member of ${subject(r)} is unavailable (${fact(r.facts, 'members')}); two must never be at once`,
  'no-candidate-now': (r) =>
    `nobody can take over in ${subject(r)} yet (${fact(r.facts, 'members', 'no candidate')})`,
};

/** A finding in one sentence, its further subjects counted. */
export function explainFinding(finding: Finding): string {
  const sentence = findings[finding.code](finding);
  if (finding.count <= 1) return sentence;
  const others = finding.examples.filter((each) => each !== finding.subject);
  const rest = counted(finding.count - 1, 'other');
  return `${sentence} (and ${rest}${others.length === 0 ? '' : `: ${listed(others.slice(0, 3))}${others.length < finding.count - 1 || others.length > 3 ? ', ...' : ''}`})`;
}

/** Why a node is left alone, in one sentence without the node's name. */
export function explainRefusal(refusal: Refusal): string {
  return refusals[refusal.code](refusal);
}

function pods(refusal: Refusal): string {
  return refusal.pods.length === 0
    ? 'a pod'
    : `${refusal.pods.length === 1 ? 'pod' : 'pods'} ${listed(refusal.pods, 4)}`;
}

function subject(refusal: Refusal): string {
  return fact(refusal.facts, 'cluster', pods(refusal));
}
