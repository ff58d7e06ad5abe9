/**
 * What a run leaves at the Lease of its fleet, for whoever finds its marks after the database has lost its journal: enough to plan
 * what is left anew. Kept while the run holds the Lease.
 */
import { z } from 'zod';
import type { DrainRequest } from '../../planner/plan.ts';
import { drainRequestSchema } from './drain-request.ts';

export type RunNote = {
  readonly run: string;
  readonly fleet: string;
  readonly requester: string;
  /** Somebody else has to approve whatever plan the run goes on by. */
  readonly needsApproval: boolean;
  /** Each wave of it waits for an approval of its own. */
  readonly approvals?: 'wave';
  /** It was being aborted: nothing is to be planned any more. */
  readonly aborting: boolean;
  readonly request: DrainRequest;
  /** Nodes that its plan empties, released ones included. */
  readonly drains: readonly string[];
  /** Live nodes by zone before its first act. */
  readonly liveByZone: Readonly<Record<string, number>>;
  /** Nodes that came for it, by zone, where the request limits how many may. */
  readonly brought?: Readonly<Record<string, number>> | undefined;
};

const noteSchema = z.object({
  run: z.string().min(1),
  fleet: z.string().min(1),
  requester: z.string(),
  needsApproval: z.boolean(),
  approvals: z.literal('wave').exactOptional(),
  aborting: z.boolean(),
  request: drainRequestSchema,
  drains: z.array(z.string()),
  liveByZone: z.record(z.string(), z.number().int()),
  brought: z.record(z.string(), z.number().int()).optional(),
});

/** Returns the note; undefined: it is none of ours, or of a version that is not understood. */
export function parseRunNote(text: string): RunNote | undefined {
  try {
    const parsed = noteSchema.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as RunNote) : undefined;
  } catch {
    return undefined;
  }
}
