/**
 * What an aborted run has left that somebody has to look after, as sentences: the facts of its entry `aborted` say it.
 */
import type { Facts } from '../plan.ts';
import { listed, listFact } from './explain-words.ts';

/** Returns a sentence for each, without its full stop; none where nothing is left to do. */
export function explainLeft(facts: Facts): readonly string[] {
  return [
    ...temporaryMembers(facts),
    ...unseenMembers(facts),
    ...untoldNodes(facts),
    ...markedNodes(facts),
    ...unknownSwitchovers(facts),
  ];
}

/** Returns what an aborted run says of its marks; `whose`: "our" or "its". */
export function removedWords(facts: Facts, whose: string): string {
  const but = listFact(facts, 'marksLeft').length === 0 ? '' : ' as far as they could be';
  return `${whose} fences, cordons and holds are removed${but}, those of others are left`;
}

/** Lowering the replicas takes away the last member, whoever leads by now: the temporary one where nobody else has scaled the set since. */
function temporaryMembers(facts: Facts): readonly string[] {
  const [clusters, replicas] = [listFact(facts, 'temporaryIn'), listFact(facts, 'scaleBackTo')];
  return listFact(facts, 'temporaryMembers').map((pod, place) => {
    const set = pod.slice(0, pod.lastIndexOf('-'));
    const to = replicas[place] ?? 'unknown';
    const what =
      to === 'unknown'
        ? `somebody else has scaled ${set} since, and lowering it takes another member first: see which are to stay`
        : `see that it does not lead, then scale ${set} back to ${to}`;
    return `${clusters[place] ?? set} has ONE MEMBER TOO MANY, ${pod}: ${what}`;
  });
}

function unseenMembers(facts: Facts): readonly string[] {
  const members = listFact(facts, 'temporaryUnseen');
  return members.length === 0
    ? []
    : [
        `whether the temporary ${members.length === 1 ? 'member' : 'members'} ${listed(members, 12)} still ${members.length === 1 ? 'stands' : 'stand'} is NOT KNOWN, for the StatefulSet could not be read: look, and scale back what is too much`,
      ];
}

function untoldNodes(facts: Facts): readonly string[] {
  const names = listFact(facts, 'untold');
  return names.length === 0
    ? []
    : [
        `${listed(names, 12)} ${names.length === 1 ? 'is' : 'are'} marked as released, and THE PIPELINE MAY NOT KNOW: see that nothing stands there and have it taken away, or take the marks off`,
      ];
}

function markedNodes(facts: Facts): readonly string[] {
  const names = listFact(facts, 'marksLeft');
  return names.length === 0
    ? []
    : [
        `the fence or cordon of the run on ${listed(names, 12)} COULD NOT BE TAKEN OFF, or came back each time: its journal says which; take it off by hand`,
      ];
}

function unknownSwitchovers(facts: Facts): readonly string[] {
  const clusters = listFact(facts, 'unknownSwitchovers');
  return clusters.length === 0
    ? []
    : [
        `whether the run switched ${listed(clusters, 12)} over is NOT KNOWN, and not counted: look who leads there`,
      ];
}
