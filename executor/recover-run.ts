/**
 * A run that the database has lost is found again by the note at the Lease of its fleet. What is left of it is planned anew on the
 * fleet as it stands; where nothing can be planned, or it was being aborted, its marks are taken off.
 */
import type { Fleet } from '../planner/model.ts';
import type { DrainPlan } from '../planner/plan.ts';
import { planDrain } from '../planner/plan-drain.ts';
import type { MemberPresets } from '../planner/read/member-presets.ts';
import { parseRunNote, type RunNote } from './formats/run-note.ts';
import { planRest, type RestOfPlan } from './plan-rest.ts';
import type { KubernetesPort } from './ports.ts';
import { readFleetOfRun } from './read-fleet.ts';
import { countLive } from './rest-of-fleet.ts';

/**
 * Returns the note of the run that has not let go of this fleet; undefined: there is none. Throws where it is not understood: it keeps
 * every run from the fleet until a person takes it away.
 */
export async function findNote(kubernetes: KubernetesPort, fleet: string): Promise<RunNote | undefined> {
  const text = await kubernetes.readNote();
  if (text === undefined) {
    return undefined;
  }
  const note = parseRunNote(text);
  if (note?.fleet !== fleet) {
    throw new Error(`the note at the Lease of fleet ${fleet} is of no run that can be found again by it`);
  }
  return note;
}

export type Recovered = {
  readonly plan: DrainPlan;
  /** Live nodes by zone now: the surge that the plan's request asks for is over these. */
  readonly liveByZone: Readonly<Record<string, number>>;
  /** Nothing is left to do but to take off the marks. Undefined: the run goes on. */
  readonly abortBecause?: string;
};

/** Returns the plan by which the run goes on; undefined: the fleet cannot be read. Throws OutsideError where somebody does not answer. */
export async function planRecovery(
  kubernetes: KubernetesPort,
  note: RunNote,
  presets: MemberPresets,
): Promise<Recovered | undefined> {
  const live = await readFleetOfRun(kubernetes, note.run, note.drains, presets);
  return live.kind === 'unreadable' ? undefined : planLeft(note, live.fleet);
}

/** Pure. Undefined: the fleet has no nodes. */
function planLeft(note: RunNote, fleet: Fleet): Recovered | undefined {
  // A run that was lost before its first act has not counted them yet.
  const isCounted = Object.keys(note.liveByZone).length > 0;
  const liveByZone = isCounted ? new Map(Object.entries(note.liveByZone)) : countLive(fleet);
  // Of the plan that the run goes on by, surge is what is left of it now.
  const counted = { liveByZone: Object.fromEntries(countLive(fleet)) };
  const { request, drains } = note;
  const brought = new Map(Object.entries(note.brought ?? {}));
  const rest: RestOfPlan = note.aborting
    ? { kind: 'none', why: 'it was being aborted' }
    : planRest({ request, drains, liveByZone, brought }, fleet);
  if (rest.kind === 'plan') {
    return { plan: rest.plan, ...counted };
  }
  const plan = planWithoutSteps(note, fleet);
  return plan === undefined ? undefined : { plan, ...counted, abortBecause: rest.why };
}

/** A run has a plan, also one that only takes off its marks. */
function planWithoutSteps({ run, request }: RunNote, fleet: Fleet): DrainPlan | undefined {
  const [anyNode] = fleet.nodes;
  if (anyNode === undefined) {
    return undefined;
  }
  const { apiVersion, kind } = request;
  const answer = planDrain(fleet, { apiVersion, kind, nodes: { names: [anyNode.name] } });
  return answer.kind === 'bad-input'
    ? undefined
    : { ...answer.plan, id: `recovered-${run}`, request, steps: [] };
}
