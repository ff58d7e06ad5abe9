/**
 * An operator or a person scales the StatefulSet to which the run adds a temporary member: back to what stands in its manifest, once or again and
 * again, or up; or deletes a pod of it. Fleets of these runs have such a set, some with a first ordinal that an earlier run has raised.
 */
import type { Random } from '../../simulations/world/random.ts';
import { strikeOnce } from './moments.ts';
import { isTroubled, type Stage, tell } from './stage.ts';
import type { Strike } from './strike.ts';

const share = 0.12;
const raisedShare = 0.3;
/** Most of these runs make so few entries about one scaling. */
const entriesMost = 4;
const hesitatesMs = 60_000;
const repeatsMost = 5;
const repeatsEveryMs = 60_000;

/** What a fleet has for this. */
export type SetToScale = {
  /** Of the first cluster of the fleet, which has one member. */
  readonly firstOrdinal: number;
};

/** Returns what the fleet of this run has; undefined: nobody else scales anything. */
export function drawSetToScale(chance: Random): SetToScale | undefined {
  if (chance.next() >= share) return undefined;
  return { firstOrdinal: chance.next() < raisedShare ? 1 : 0 };
}

/** Plans one or two deeds, mostly around what the run itself does to the set; `chance` serves nothing else. */
export function planScalings(stage: Stage, chance: Random): void {
  if (!stage.othersScale) return;
  for (let index = 0; index < 2; index += 1) {
    const own = chance.fork(`${index}`);
    if (index > 0 && own.next() < 0.6) return;
    const hesitates = own.next() < 0.5 ? hesitatesMs * own.next() ** 2 : 0;
    // At once is before an act that was just written arrives.
    const run = (): void =>
      hesitates === 0 ? strike(stage, own) : stage.time.at(Math.ceil(hesitates), () => strike(stage, own));
    const fits = fitting(own.next());
    if (fits === undefined) strikeOnce(stage, own.fork('moment'), run);
    else stage.strikes.push({ left: own.between(0, entriesMost - 1), fits, run });
  }
}

/** Undefined: at any other moment. */
function fitting(kind: number): Strike['fits'] | undefined {
  if (kind < 0.5)
    return (event) =>
      (event.kind === 'act' && event.act.kind === 'scale') ||
      (event.kind === 'answer' && event.act === 'scale');
  if (kind < 0.75)
    return (event) =>
      (event.kind === 'act' && event.act.kind === 'switchover') ||
      (event.kind === 'answer' && event.act === 'switchover');
  return undefined;
}

type SetName = { readonly namespace: string; readonly name: string };

function strike(stage: Stage, own: Random): void {
  const step = stage.plan.steps.find((each) => each.kind === 'scale-out');
  if (!isTroubled(stage) || step?.kind !== 'scale-out') return;
  const [namespace = '', name = ''] = step.cluster.split('/');
  const set = { namespace, name };
  const kind = own.next();
  const before = replicasOf(stage, set);
  if (kind < 0.35) scaleBack(stage, set, own.between(1, repeatsMost));
  else if (kind < 0.7) scale(stage, set, before + 1);
  else if (kind < 0.8 && before > 1) scale(stage, set, before - 1);
  else deletePod(stage, set, own);
}

function replicasOf({ world }: Stage, { namespace, name }: SetName): number {
  return Number(world.store.get('StatefulSet', namespace, name)?.spec?.replicas ?? 0);
}

/** An operator sets what its manifest says, as often as it looks. */
function scaleBack(stage: Stage, set: SetName, times: number): void {
  if (!isTroubled(stage)) return;
  const wanted = stage.replicasWanted.get(keyOf(set));
  if (wanted !== undefined && replicasOf(stage, set) !== wanted) scale(stage, set, wanted);
  if (times > 1) stage.time.at(repeatsEveryMs, () => scaleBack(stage, set, times - 1));
}

function scale(stage: Stage, set: SetName, replicas: number): void {
  const { namespace, name } = set;
  stage.world.store.update('StatefulSet', namespace, name, (draft) => {
    draft.spec.replicas = replicas;
    draft.metadata.generation = (draft.metadata.generation ?? 1) + 1;
  });
  stage.replicasWanted.set(keyOf(set), replicas);
  stage.happened.add('somebody-scales');
  tell(stage, () => `MISHAP somebody-scales: ${name} to ${replicas}`);
}

function deletePod(stage: Stage, { namespace, name }: SetName, own: Random): void {
  const { world } = stage;
  const pods = [...(world.clusters.get(`${namespace}/${name}`)?.members.keys() ?? [])];
  const pod = pods[own.between(0, Math.max(0, pods.length - 1))];
  if (pod === undefined) return;
  world.deletePod(namespace, pod);
  stage.happened.add('somebody-evicts');
  tell(stage, () => `MISHAP somebody-evicts: ${pod} is deleted`);
}

function keyOf({ namespace, name }: SetName): string {
  return `${namespace}/${name}`;
}
