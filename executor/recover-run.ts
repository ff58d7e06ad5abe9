/**
 * A run that the database has lost is found again by the note at the Lease of its fleet. What is left of it is planned anew on the
 * fleet as it stands; where nothing can be planned, or it was being aborted, its marks are taken off.
 */
import { checkPlan } from '../planner/check/check-plan.ts';
import type { Fleet } from '../planner/model.ts';
import type { DrainPlan } from '../planner/plan.ts';
import { planDrain } from '../planner/plan-drain.ts';
import { parseRunNote, type RunNote } from './formats/run-note.ts';
import type { KubernetesPort } from './ports.ts';
import { readFleetOfRun } from './read-fleet.ts';
import { requestForRest } from './rest-of-fleet.ts';

/** Returns the note of the run that has not ended on this fleet; undefined: there is none. */
export async function findNote(kubernetes: KubernetesPort, fleet: string): Promise<RunNote | undefined> {
  const text = await kubernetes.readNote();
  const note = text === undefined ? undefined : parseRunNote(text);
  return note?.fleet === fleet ? note : undefined;
}

export type Recovered = {
  readonly plan: DrainPlan;
  /** Nothing is left to do but to take off the marks. Undefined: the run goes on. */
  readonly abortBecause?: string;
};

/** Returns the plan by which the run goes on. Throws OutsideError where the fleet cannot be read. */
export async function planRecovery(
  kubernetes: KubernetesPort,
  note: RunNote,
): Promise<Recovered | undefined> {
  const live = await readFleetOfRun(kubernetes, note.run, note.drains);
  return live.kind === 'unreadable' ? undefined : planLeft(note, live.fleet);
}

/** Pure. Undefined: the fleet has no nodes. */
function planLeft(note: RunNote, fleet: Fleet): Recovered | undefined {
  const [anyNode] = fleet.nodes;
  if (anyNode === undefined) {
    return undefined;
  }
  const there = new Set(fleet.nodes.map(({ name }) => name));
  const names = note.drains.filter((name) => there.has(name));
  const liveBefore = new Map(Object.entries(note.liveByZone));
  const answer = planDrain(fleet, requestForRest(note.request, names, liveBefore, fleet));
  const whyNot = note.aborting ? 'it was being aborted' : whyNotBy(answer, fleet);
  if (answer.kind === 'plan' && whyNot === undefined) {
    return { plan: answer.plan };
  }
  const { apiVersion, kind } = note.request;
  const other = planDrain(fleet, { apiVersion, kind, nodes: { names: [anyNode.name] } });
  return other.kind === 'bad-input'
    ? undefined
    : {
        plan: { ...other.plan, id: `recovered-${note.run}`, request: note.request, steps: [] },
        abortBecause: whyNot ?? '',
      };
}

function whyNotBy(answer: ReturnType<typeof planDrain>, fleet: Fleet): string | undefined {
  if (answer.kind === 'bad-input') {
    const [first] = answer.problems;
    return `${first?.field}: ${first?.found}`;
  }
  const [refusal] = answer.plan.refusals;
  return refusal === undefined
    ? checkPlan(answer.plan, fleet)[0]?.code
    : `node ${refusal.node} cannot be emptied`;
}
