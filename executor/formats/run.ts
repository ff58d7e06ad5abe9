/** Run as the API sends it and the command line reads it (executor/run.ts says what each field means). */
import { z } from 'zod';
import type { InputProblem } from '../../planner/plan.ts';
import { onDeadlines, type Run, runStates, stepStates } from '../run.ts';
import { because, count, facts, name, text } from './facts.ts';
import { parseWith } from './input-problems.ts';

/** RFC 3339. */
const time = z.string({ error: 'a time, e.g. 2026-11-22T21:59:58Z' });
const seconds = z.number({ error: 'seconds' });

const step = z.object({
  state: z.enum(stepStates, { error: stepStates.join(', ') }),
  since: time.exactOptional(),
  waitingFor: z.object({ code: name, subject: text, facts }).exactOptional(),
  usualSeconds: z.object({ p50: seconds, p95: seconds }).exactOptional(),
  deadline: time.exactOptional(),
  onDeadline: z.enum(onDeadlines, { error: onDeadlines.join(', ') }).exactOptional(),
  attempts: count.exactOptional(),
  lastSeen: text.exactOptional(),
});

export const runSchema = z
  .object(
    {
      id: name,
      planId: name,
      planIds: z.array(name).exactOptional(),
      fleet: name,
      state: z.enum(runStates, { error: runStates.join(', ') }),
      since: time.exactOptional(),
      because: because(),
      outlook: z
        .object({
          kind: z.enum(['looking', 'given-up'], { error: 'looking or given-up' }),
          because: because(),
        })
        .exactOptional(),
      requester: text,
      approvals: z.array(
        z.object({ by: text, at: time, wave: count.exactOptional(), comment: text.exactOptional() }),
      ),
      approvalWanted: z
        .object({ wave: count.exactOptional(), expires: time.exactOptional() })
        .exactOptional(),
      counts: z.object({
        planned: count,
        done: count,
        unplanned: count,
        outages: count,
        moves: count,
        movesPlanned: count,
        released: count,
        nodes: count,
      }),
      unplanned: z.array(z.object({ cluster: name, from: text, to: text, at: time })).exactOptional(),
      expectedEnd: z.object({ p50: time, p95: time }).exactOptional(),
      startedAt: time.exactOptional(),
      endedAt: time.exactOptional(),
      nodes: z.record(z.string(), name),
      earlierNodes: z.array(name).exactOptional(),
      skipped: z.array(z.object({ node: name, at: time, because: because() })).exactOptional(),
      steps: z.record(z.string(), step),
    },
    { error: 'a Run' },
  )
  .meta({ id: 'Run', title: 'Run' });

export type ParsedRun =
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'bad-input'; readonly problems: readonly InputProblem[] };

/** The run, or every field that is missing or of the wrong form, with its JSON path in `file`. */
export function parseRun(value: unknown, file: string): ParsedRun {
  const parsed = parseWith<Run>(runSchema, value, file);
  return parsed.kind === 'parsed' ? { kind: 'run', run: parsed.value } : parsed;
}
