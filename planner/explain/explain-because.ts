/**
 * Why a step stands in a plan, and why a cluster costs what it costs: one sentence for each code, here and nowhere else.
 */
import { type BecauseCode, becauseCodes } from '../codes.ts';
import type { Because, Facts } from '../plan.ts';
import { counted, fact, listed, listFact, numberFact } from './explain-words.ts';

const sentences: Readonly<Record<BecauseCode, (facts: Facts) => string>> = {
  'node-to-be-drained': () =>
    'the node is to be drained: a fence keeps new pods off without making operators react',
  'room-for-parking': (facts) =>
    `the fence is off for one move: ${fact(facts, 'pod', 'a pod')} is parked here until its own place is ready`,
  'replacement-needed': (facts) =>
    `the pods of ${fact(facts, 'replaces', 'a drained node')} need a node of zone ${fact(facts, 'zone')}`,
  'replica-first': (facts) =>
    `a ${fact(facts, 'role', 'replica')} that is final can take over: it moves before the switchover`,
  'off-the-node': (facts) => `its node is to be drained${leaving(facts)}`,
  'former-primary': (facts) => `it was primary until the switchover, now it can go${leaving(facts)}`,
  'other-pod': () => 'its node is to be drained; its owner makes it again elsewhere',
  parked: () => 'no final place is free yet: it stands on another node to be drained until one is',
  'nobody-can-succeed': () => 'it is primary and nobody can take over: an outage until it is up again',
  'primary-must-move': (facts) =>
    `the primary stands on ${fact(facts, 'primaryNode', 'a node')}, which is to be drained; the candidate stands on ${fact(facts, 'candidateNode', 'another')}${notOthers(facts)}`,
  'single-member': (facts) =>
    `nobody can take over from ${fact(facts, 'member', 'the primary')}: a temporary member will, and there is no outage`,
  'temporary-member': (facts) =>
    `${fact(facts, 'stays', 'the other member')} stays, the cluster is as large as before again`,
  'no-primary-left': () => 'no primary is left on the node, so that no operator reacts to the cordon',
  empty: (facts) => {
    const pods = numberFact(facts, 'pods');
    return pods
      ? `nothing but ${counted(pods, 'DaemonSet or mirror pod')} is left on it`
      : 'nothing is left on it';
  },
  'primary-on-drained-node': (facts) =>
    `primary on ${fact(facts, 'node', fact(facts, 'primaryNode', 'a drained node'))}`,
  'primary-stays': (facts) => {
    if (facts.node === '') return 'nobody can say who is primary';
    return facts.refused === true ? `primary${on(facts)}, which is refused` : `primary stays${on(facts)}`;
  },
  'first-released-node': (facts) =>
    `primary${on(facts)}, the first node given back: no other member${others(facts)} was final by then`,
  'order-of-whole-nodes': (facts) => {
    const nodes = listFact(facts, 'nodes');
    const orders = nodes.length > 2 ? 'all orders' : 'both orders';
    return `${orders} of ${fact(facts, 'nodes', 'the nodes')} break one of ${listFact(facts, 'clusters').join(', ')}`;
  },
  'no-room-ahead': (facts) =>
    `primary had to move${on(facts, 'off')} when no final place was left for another member${others(facts)}`,
  'primary-moves-first': (facts) =>
    `primary had to move${on(facts, 'off')} before another member${others(facts)} was final`,
  'no-successor': (facts) => `primary${on(facts)}, nobody can take over${whyNobody(facts)}`,
  'temporary-successor': (facts) => `primary${on(facts)}, nobody else: a temporary member takes over`,
};

/** The sentence for a code of becauseCodes; an unknown code is shown as it is, with its facts. */
export function explainBecause(because: Because): string {
  const code = becauseCodes.find((each) => each === because.code);
  return code === undefined ? bareCode(because) : sentences[code](because.facts);
}

/** A code without a sentence, with its facts: `code (name: value)`. */
export function bareCode(because: Because): string {
  const facts = Object.keys(because.facts).map((name) => `${name}: ${fact(because.facts, name)}`);
  return facts.length === 0 ? because.code : `${because.code} (${facts.join(', ')})`;
}

function on(facts: Facts, word = 'on'): string {
  const node = fact(facts, 'node', fact(facts, 'primaryNode', ''));
  return node === '' ? '' : ` ${word} ${node}`;
}

/** ` (acid-a-1 on n2)`: the members that could have taken over, and where they stood. */
function others(facts: Facts): string {
  const members = listFact(facts, 'others');
  return members.length === 0 ? '' : ` (${listed(members)})`;
}

const reasonsOfNobody: Readonly<Record<string, string>> = {
  'single-member': 'it is the only member',
  'switchover-never': 'the request says "switchover": "never"',
  nofailover: 'the other members are tagged nofailover',
  nosync: 'the other members are tagged nosync',
};

function whyNobody(facts: Facts): string {
  const why = fact(facts, 'why', '');
  const words = Object.hasOwn(reasonsOfNobody, why) ? reasonsOfNobody[why] : fact(facts, 'members', '');
  return words === undefined || words === '' ? '' : `: ${words}`;
}

function leaving(facts: Facts): string {
  const [leaves, of] = [numberFact(facts, 'leaves'), numberFact(facts, 'of')];
  return leaves === undefined || of === undefined ? '' : `; ${leaves} of ${of} members stay up`;
}

function notOthers(facts: Facts): string {
  const others = listFact(facts, 'passedOver');
  return others.length === 0 ? '' : ` (not ${listed(others, 8)})`;
}
