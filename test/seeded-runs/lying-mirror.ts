/**
 * A mirror of the fleet that cannot be trusted: it shows what was so seconds ago, now and then much longer, each thing for itself, and
 * says that it is current. Waiting passes may look at it; whatever is done must not depend on it.
 */
import type { FleetMirror } from '../../executor/ports.ts';
import { isTroubled, type Stage } from './stage.ts';

const lateMostMs = 10_000;
/** A change that was missed is found by the next list of all. */
const missedMostMs = 90_000;
const missedShare = 0.2;
/** It knows so often that it is not current. */
const honestShare = 0.1;

/** Returns the mirror of one worker. Once nothing goes wrong any more it shows what is so. */
export function lyingMirror(stage: Stage, chance: () => number): FleetMirror {
  const { kubernetes } = stage.ports;
  const kept = new Map<string, { readonly untilMs: number; readonly seen: unknown }>();
  const show = async <Seen>(key: string, look: () => Promise<Seen>): Promise<Seen> => {
    const nowMs = stage.time.nowMs();
    const known = kept.get(key);
    if (isTroubled(stage) && known !== undefined && nowMs < known.untilMs) return known.seen as Seen;
    const mostMs = chance() < missedShare ? missedMostMs : lateMostMs;
    const untilMs = nowMs + mostMs * chance();
    const seen = await look();
    kept.set(key, { untilMs, seen });
    return seen;
  };
  return {
    isCurrent: () => chance() >= honestShare,
    // Nobody is woken up: jobs come due by themselves.
    onChange: () => () => {},
    getNode: (name) => show(`node ${name}`, () => kubernetes.getNode(name)),
    listNodes: () => show('nodes', () => kubernetes.listNodes()),
    getPod: (namespace, name) => show(`pod ${namespace}/${name}`, () => kubernetes.getPod(namespace, name)),
    listPods: (query) => show(`pods ${JSON.stringify(query)}`, () => kubernetes.listPods(query)),
    listAttachedVolumes: (node) => show(`volumes ${node}`, () => kubernetes.listAttachedVolumes(node)),
    getOrdinals: (set) => show(`ordinals ${set.name}`, () => kubernetes.getOrdinals(set)),
    getReplicas: (owner) => show(`replicas ${owner.name}`, () => kubernetes.getReplicas(owner)),
  };
}
