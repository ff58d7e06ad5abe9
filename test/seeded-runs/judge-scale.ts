/**
 * Scalings of the run: each brings or takes the one member that its step names, whoever else scales the set; nobody is taken away who leads, or
 * while another is away; and in the end the set has as many members as its owner wants.
 */
import { type Asked, judgeAge, judgeLease } from './judge-acts.ts';
import { judgeAlone, judgeJournaled } from './judge-journal.ts';
import { type Look, truthAbout } from './looks.ts';
import { entriesOf, everWritten, type Stage, violate } from './stage.ts';

export type SetScaled = { readonly namespace: string; readonly name: string; readonly replicas: number };

/** What was so right before a scaling arrived. */
export type BeforeScaling = { readonly names: ReadonlySet<string>; readonly truth: Look | undefined };

/** Returns it. */
export function beforeScaling(stage: Stage, set: SetScaled): BeforeScaling {
  const cluster = stage.world.clusters.get(`${set.namespace}/${set.name}`);
  return {
    names: namesOf(stage, set),
    truth: cluster === undefined ? undefined : truthAbout(stage, cluster),
  };
}

/** Members that the set wants, by its own words. */
function namesOf({ world }: Stage, { namespace, name }: SetScaled): ReadonlySet<string> {
  const spec = world.store.get('StatefulSet', namespace, name)?.spec;
  const first = Number(spec?.ordinals?.start ?? 0);
  return new Set(
    Array.from({ length: Number(spec?.replicas ?? 0) }, (_, index) => `${name}-${first + index}`),
  );
}

/** Judges a scaling that has taken place. */
export function judgeScaled(asked: Asked, set: SetScaled, before: BeforeScaling): void {
  const { stage, worker, looks } = asked;
  const { name, replicas } = set;
  const key = `${set.namespace}/${name}`;
  judgeJournaled(
    stage,
    worker,
    'scale',
    (act) => act.kind === 'scale' && act.name === name && act.replicas === replicas,
  );
  judgeLease(asked, name);
  judgeAlone(stage, worker, key, (act) => act.kind === 'scale' && act.name === name);
  const after = namesOf(stage, set);
  const step = stepOf(asked, name);
  const come = [...after].filter((each) => !before.names.has(each));
  const gone = [...before.names].filter((each) => !after.has(each));
  const [named, others] = step?.kind === 'scale-out' ? [come, gone] : [gone, come];
  const strange = [...named.filter((each) => each !== step?.member), ...others];
  if (strange.length > 0)
    violate(
      stage,
      `${name} is scaled for ${step?.kind} of ${step?.member}, and changed are ${strange.join(', ')}`,
    );
  for (const member of gone) judgeTakenAway(asked, member, looks.get(key), before.truth);
}

/** Whoever is only added takes nothing from a cluster that nobody could look at. */
function judgeTakenAway(asked: Asked, member: string, look: Look | undefined, truth: Look | undefined): void {
  const { stage } = asked;
  if (look === undefined) {
    violate(stage, `${member} is taken away without a look at its cluster`);
    return;
  }
  judgeAge(asked, look, member);
  if (look.leader === member && truth?.leader === member)
    violate(stage, `${member} is taken away while it leads`);
  if (look.leader === undefined && truth?.leader === undefined)
    violate(stage, `${member} is taken away while nobody leads`);
  const away = [...look.unavailable].filter((each) => each !== member && truth?.unavailable.has(each));
  if (away.length > 0) violate(stage, `${member} is taken away while ${away.join(', ')} was unavailable`);
}

/** The step for which the worker scaled last. */
function stepOf({ stage, worker }: Asked, set: string): ScaleStep | undefined {
  const own = everWritten(stage).findLast(
    ({ event, by }) =>
      event.kind === 'act' && event.act.kind === 'scale' && event.act.name === set && by === worker.name,
  );
  const step = stage.plan.steps.find(({ id }) => id === own?.lane);
  return step?.kind === 'scale-out' || step?.kind === 'scale-in' ? step : undefined;
}

type ScaleStep = Extract<Stage['plan']['steps'][number], { readonly kind: 'scale-out' | 'scale-in' }>;

/** A run that has finished leaves each set as large as its owner wants it: as before, or as somebody else has said since. */
export function judgeReplicas(stage: Stage): void {
  const { world, replicasWanted } = stage;
  for (const { metadata, spec } of world.store.list('StatefulSet')) {
    const { namespace, name } = metadata;
    const wanted = replicasWanted.get(`${namespace}/${name}`);
    const replicas = Number(spec?.replicas);
    if (wanted === undefined || replicas === wanted) continue;
    if (replicas === wanted - 1 && mayHaveRaised(stage, name, wanted)) continue;
    if (hasLostRaising(stage, name, replicas)) continue;
    violate(stage, `finished, and ${name} has ${replicas} replicas, wanted are ${wanted}`);
  }
}

/** Of its own scaling the run knows nothing any more: it takes nobody away of whom it does not know that it brought them. */
function hasLostRaising({ lost }: Stage, set: string, replicas: number): boolean {
  return lost.some(
    ({ event }) =>
      event.kind === 'act' &&
      event.act.kind === 'scale' &&
      event.act.name === set &&
      event.act.replicas === replicas,
  );
}

const clearNo: ReadonlySet<string> = new Set(['conflict', 'gone', 'withdrawn']);

/**
 * Whether the run has set this very number, or was never told that it has not: then nobody can tell whether somebody else did, who may have
 * given back what he had taken.
 */
function mayHaveRaised(stage: Stage, set: string, replicas: number): boolean {
  const entries = entriesOf(stage);
  return entries.some(({ lane, event, sequence }) => {
    if (event.kind !== 'act' || event.act.kind !== 'scale' || event.act.name !== set) return false;
    const answer = entries.find(
      (each) => each.lane === lane && each.sequence > sequence && each.event.kind === 'answer',
    )?.event;
    return event.act.replicas === replicas && !(answer?.kind === 'answer' && clearNo.has(answer.answer));
  });
}
