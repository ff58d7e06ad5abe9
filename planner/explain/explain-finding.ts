/**
 * Findings and refusals as sentences. Their fix is a command or a setting and is printed as it is.
 */
import type { FindingCode, RefusalCode } from '../codes.ts';
import type { Finding, Refusal } from '../plan.ts';
import { amount, counted, fact, listed, listFact, numberFact } from './explain-words.ts';

const findings: Readonly<Record<FindingCode, (finding: Finding) => string>> = {
  'kind-missing': (f) =>
    f.subject === 'Pod'
      ? 'no Pod in the snapshot: every node looks empty, and nothing is known of what runs there'
      : `no ${f.subject} in the snapshot, though something in it asks for one`,
  'no-persistent-volumes': (f) =>
    `${f.subject}: its PersistentVolume is not in the snapshot; zones are taken from the pods' nodes`,
  'no-zone-label': (f) =>
    `node ${f.subject} has no label ${fact(f.facts, 'label', 'topology.kubernetes.io/zone')}`,
  'single-member': (f) => `${f.subject} has one member: nobody can take over`,
  'nofailover-everywhere': (f) =>
    `${f.subject}: tags keep every replica from taking over (${fact(f.facts, 'members', 'nofailover')}): its primary cannot move without an outage`,
  'strict-two-members': (f) =>
    `${f.subject} is strictly synchronous and only ${fact(f.facts, 'standby', 'one member')} can be its standby: nobody can write while a standby moves`,
  'unknown-lag': (f) =>
    `${f.subject}: lag unknown of ${fact(f.facts, 'members', 'a replica')}; no candidate until it is known`,
  'cascading-replica': (f) =>
    `${f.subject}: ${fact(f.facts, 'member', 'a replica')} streams from ${fact(f.facts, 'upstream', 'another replica')}, which has to move: it falls behind meanwhile, and is no candidate`,
  'paused-cluster': (f) =>
    `${f.subject} is paused in Patroni: a moved member would not start again, and nobody takes over if something goes wrong`,
  'budget-never-opens': (f) => `budget ${f.subject} allows no eviction at all${whyClosed(f)}`,
  'two-budgets': (f) => `pod ${f.subject} is under two budgets: Kubernetes refuses to evict it`,
  'bare-pod': (f) => `pod ${f.subject} has no owner: once evicted it does not come back`,
  'no-anti-affinity': (f) =>
    `${f.subject}: no required rule keeps its members off one node; a preferred one may be set aside`,
  'open-to-old-nodes': (f) =>
    `${f.subject}: node affinity asks for ${fact(f.facts, 'label', 'a label')} ${fact(f.facts, 'values', '')}, but its other term (${fact(f.facts, 'through', 'another')}) lets pods back onto ${fact(f.facts, 'node', 'nodes to be drained')}: only fences keep them off`,
  'ordered-ready': (f) =>
    `${f.subject} makes its pods in order: while one is not ready, no later one comes back`,
  'surge-in-wrong-zone': (f) =>
    `zone ${f.subject} has ${nodesToDrain(f)} and may have no extra node, while ${fact(f.facts, 'idle', 'another zone')} may have more than it needs${spared(f, '; one here')}`,
  'surge-too-small': (f) => surgeTooSmall(f),
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
  'local-volume': (r) =>
    `${pods(r)} ${r.pods.length > 1 ? 'have volumes' : 'has a volume'} that can be attached to ${fact(r.facts, 'node', r.node)} only`,
  'no-room': (r) =>
    `no room for ${pods(r)} in zone ${fact(r.facts, 'zone')} with ${counted(numberFact(r.facts, 'surge') ?? 0, 'extra node')} at a time${whyNoRoom(r)}${r.facts.tried === 'all' ? ' (every order was tried)' : ''}`,
  'node-not-ready': () => 'the node is not ready: what stands on it cannot be moved in an orderly way',
  'budget-never-opens': (r) => `budget ${fact(r.facts, 'budget')} allows no eviction of ${pods(r)}`,
  'member-not-healthy': (r) =>
    `another member of ${subject(r)} is unavailable (${fact(r.facts, 'members')}); two must never be at once`,
  'no-candidate-now': (r) =>
    `nobody can take over in ${subject(r)} yet (${fact(r.facts, 'members', 'no candidate')})`,
};

/** `one more node at a time in zone z2 (2 instead of 1) would save 1 switchover and empty n4 too`. */
function surgeTooSmall(f: Finding): string {
  const now = numberFact(f.facts, 'now') ?? 0;
  const zones = listFact(f.facts, 'zones');
  const zone = fact(f.facts, 'zone', '');
  if (numberFact(f.facts, 'more') === undefined)
    return zone === ''
      ? `${fact(f.facts, 'zones', 'the zones')} have nodes to be drained and may have ${counted(now, 'extra node')} at a time in all together`
      : `zone ${zone} has ${nodesToDrain(f)} and may have no extra node`;
  const more = `${now + 1} instead of ${now}`;
  const where =
    zone !== ''
      ? ` in zone ${zone} (${more})`
      : zones.length > 0
        ? ` in every zone (${listed(zones)})`
        : ` (${more} in all zones together)`;
  return `one more node${spared(f, ` at a time${where}`)}`;
}

function nodesToDrain(f: Finding): string {
  const nodes = numberFact(f.facts, 'nodes');
  return nodes === undefined ? 'nodes to be drained' : `${counted(nodes, 'node')} to be drained`;
}

/** What a purchase spares, after what it is; nothing where nothing is known. */
function spared({ facts }: Finding, bought: string): string {
  const [outages, switchovers, weighted] = ['savesOutages', 'savesSwitchovers', 'savesWeighted'].map((name) =>
    numberFact(facts, name),
  );
  const words = [
    ...(outages === undefined ? [] : [counted(outages, 'outage')]),
    ...(switchovers === undefined
      ? []
      : [
          `${counted(switchovers, 'switchover')}${weighted === switchovers ? '' : ` (${weighted ?? 0} by weight)`}`,
        ]),
    ...(switchovers === undefined && weighted !== undefined ? [`switchovers of weight ${weighted}`] : []),
  ];
  const empties = listFact(facts, 'empties');
  const parts = [
    ...(words.length === 0 ? [] : [`save ${listed(words)}`]),
    ...(empties.length === 0 ? [] : [`empty ${listed(empties)} too`]),
  ];
  return parts.length === 0 ? '' : `${bought} would ${parts.join(' and ')}`;
}

const reasonsOfBudgets: Readonly<Record<string, (finding: Finding) => string>> = {
  'max-unavailable-zero': (f) => `: maxUnavailable is ${fact(f.facts, 'maxUnavailable', '0')}`,
  'min-available-all': (f) =>
    `: minAvailable is ${fact(f.facts, 'minAvailable')} and it picks ${counted(numberFact(f.facts, 'pods') ?? 0, 'pod')}`,
  'pods-not-ready': (f) =>
    `: too few of the ${counted(numberFact(f.facts, 'pods') ?? 0, 'pod')} it picks are ready`,
  'critical-operation': () => ': its operator works on its pods (critical-operation)',
};

function whyClosed(finding: Finding): string {
  return reasonsOfBudgets[fact(finding.facts, 'why', '')]?.(finding) ?? '';
}

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

/** `: default/acid-a-0 asks for 12 cores, and at the end no other node there has more than 4 cores free`. */
function whyNoRoom({ facts }: Refusal): string {
  const resource = fact(facts, 'resource', '');
  const words = (name: string) => amount(resource, numberFact(facts, name) ?? 0);
  if (facts.load !== undefined)
    return `: with it ${words('load')} would have to leave nodes of the zone, and its other nodes and all replacements hold ${words('room')}`;
  if (facts.largestPod === undefined) return '';
  const free = numberFact(facts, 'free') ? `more than ${words('free')} free` : 'any free';
  return `: ${fact(facts, 'largestPod')} asks for ${words('asks')}, and at the end no other node there has ${free}`;
}

function pods(refusal: Refusal): string {
  return refusal.pods.length === 0
    ? 'a pod'
    : `${refusal.pods.length === 1 ? 'pod' : 'pods'} ${listed(refusal.pods, 4)}`;
}

function subject(refusal: Refusal): string {
  return fact(refusal.facts, 'cluster', pods(refusal));
}
