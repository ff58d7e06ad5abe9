/**
 * The live fleet, read in full: as it is, or as a run has to see it that has left its marks there.
 */
import type { Fleet } from '../planner/model.ts';
import type { Because } from '../planner/plan.ts';
import type { MemberPresets } from '../planner/read/member-presets.ts';
import { openSnapshot, type SnapshotAnswer } from '../planner/read/read-snapshot.ts';
import { giveMemoryBack, giveMemoryBackSoon } from './give-memory-back.ts';
import type { KubernetesObject, KubernetesPort, NodeView } from './ports.ts';
import { withoutFencesOf, withoutNodes } from './rest-of-fleet.ts';

export type Unreadable = { readonly kind: 'unreadable'; readonly facts: Because['facts'] };
export type LiveFleet = { readonly kind: 'fleet'; readonly fleet: Fleet } | Unreadable;

/**
 * Returns the fleet as it is now, its members known by `presets`, or what of it cannot be read. Throws OutsideError where somebody does
 * not answer. Memory is given back before the look, between its parts, and a while after it.
 */
export async function readLiveFleet(kubernetes: KubernetesPort, presets: MemberPresets): Promise<LiveFleet> {
  giveMemoryBack();
  const read = await readPages(kubernetes, presets);
  // What was only needed to read goes before the fleet is judged, which needs as much again.
  giveMemoryBack();
  void giveMemoryBackSoon();
  if (read.kind === 'bad-input') {
    const [first] = read.problems;
    const found = [first?.field, first?.found].filter(Boolean).join(': ');
    return { kind: 'unreadable', facts: { found, count: read.problems.length } };
  }
  return { kind: 'fleet', fleet: read.fleet };
}

/** Objects read after which memory is given back: what is left of them is a tenth of what they were. Of a larger fleet more: each time costs more. */
const collectedEvery = 10_000;

async function readPages(kubernetes: KubernetesPort, presets: MemberPresets): Promise<SnapshotAnswer> {
  const reader = openSnapshot(presets);
  let firstIndex = 0;
  let collectedAt = 0;
  // Page by page: all objects of a large fleet at once are several times what is read of them.
  const take = (items: readonly KubernetesObject[]): void => {
    reader.take({ file: 'live fleet', document: { apiVersion: 'v1', kind: 'List', items }, firstIndex });
    firstIndex += items.length;
    if (firstIndex - collectedAt < Math.max(collectedEvery, collectedAt / 10)) return;
    collectedAt = firstIndex;
    giveMemoryBack();
  };
  take(await kubernetes.listFleetObjects(take));
  giveMemoryBack();
  return reader.answer();
}

export type FleetOfRun = {
  readonly kind: 'fleet';
  /** Without the fences of the run and without the nodes that it has given back: what a plan for the rest is made on. */
  readonly fleet: Fleet;
  /** All nodes, released ones included. */
  readonly nodes: readonly NodeView[];
};

/**
 * Returns the fleet as run `runId` has to plan on it. A node that bears the mark of its release counts as given back only where it is
 * not among those `left`: the run may have been interrupted before it told the pipeline. Throws OutsideError where somebody does not
 * answer.
 */
export async function readFleetOfRun(
  kubernetes: KubernetesPort,
  runId: string,
  left: readonly string[],
  presets: MemberPresets,
): Promise<FleetOfRun | Unreadable> {
  const live = await readLiveFleet(kubernetes, presets);
  if (live.kind === 'unreadable') {
    return live;
  }
  const nodes = await kubernetes.listNodes();
  const released = new Set(
    nodes.flatMap(({ name, releasedBy }) => (releasedBy === runId && !left.includes(name) ? [name] : [])),
  );
  return { kind: 'fleet', fleet: withoutFencesOf(withoutNodes(live.fleet, released), runId), nodes };
}
