/**
 * DrainPlan as it comes from outside (planner/plan.ts says what each field means). Fields that a later version adds are left
 * out, not refused.
 */
import { z } from 'zod';
import type { BecauseCode, FindingCode, RefusalCode } from '../../planner/codes.ts';
import type { DrainPlan, InputProblem } from '../../planner/plan.ts';
import { parseWindow } from '../../planner/rules/window.ts';
import { drainRequestSchema } from './drain-request.ts';
import { amount, because, code, count, facts, name, text, yes } from './facts.ts';
import { parseWith } from './input-problems.ts';

const stepBase = {
  id: name,
  after: z.array(name, { error: 'a list of step ids' }),
  wave: z.int({ error: 'a whole number of 1 or more' }).min(1, { error: 'a whole number of 1 or more' }),
  because: because<BecauseCode>(),
  estimateSeconds: amount,
};

/** A window that cannot be read would never open. */
const window = text.refine((written) => parseWindow(written).kind === 'window', {
  error: 'a window such as Sat 02:00-04:00 Europe/Berlin',
});

const onNode = <const Kind extends string>(kind: Kind) =>
  z.object({ ...stepBase, kind: z.literal(kind), node: name });
const ofMember = <const Kind extends string>(kind: Kind) =>
  z.object({ ...stepBase, kind: z.literal(kind), cluster: name, member: name, node: name });

const step = z.discriminatedUnion(
  'kind',
  [
    onNode('fence'),
    onNode('unfence'),
    z.object({ ...stepBase, kind: z.literal('add-node'), node: name, zone: name }),
    z.object({
      ...stepBase,
      kind: z.literal('move'),
      pod: name,
      uid: name,
      from: name,
      to: name,
      cluster: name.nullable(),
      member: name.nullable(),
      outage: yes,
      window: window.exactOptional(),
    }),
    z.object({
      ...stepBase,
      kind: z.literal('switchover'),
      cluster: name,
      from: name,
      to: name,
      window: window.exactOptional(),
    }),
    ofMember('scale-out'),
    ofMember('scale-in'),
    onNode('cordon'),
    onNode('release'),
  ],
  {
    error:
      'a step of kind fence, unfence, add-node, move, switchover, scale-out, scale-in, cordon or release',
  },
);

const severity = z.enum(['stops', 'costs', 'risks', 'note'], { error: 'stops, costs, risks or note' });

const finding = z.object({
  code: code<FindingCode>(),
  severity,
  subject: text,
  count,
  examples: z.array(text),
  facts,
  fix: text.exactOptional(),
});

const refusal = z.object({
  code: code<RefusalCode>(),
  severity,
  node: name,
  pods: z.array(name),
  facts,
  fix: text.exactOptional(),
});

const certificateEntry = z.object({
  bound: amount,
  value: amount,
  proved: yes,
  gap: amount.exactOptional(),
  because: text.exactOptional(),
});

const verdict = z.object({
  switchovers: count,
  outages: count,
  bound: count,
  because: because<BecauseCode>(),
});

const summary = z.object({
  outages: count,
  switchovers: count,
  weightedSwitchovers: amount,
  moves: count,
  waves: count,
  nodes: count,
  surgeByZone: z.record(z.string(), count),
  expectedSeconds: z.object({ p50: amount, p95: amount }),
  criticalPath: z.array(z.string()).exactOptional(),
  baselines: z.object({
    naive: z.object({ switchovers: count, clusters: z.record(z.string(), count).prefault({}) }),
  }),
});

export const drainPlanSchema = z
  .object(
    {
      apiVersion: z.literal('switchyard.dev/v1', { error: '"switchyard.dev/v1"' }),
      kind: z.literal('DrainPlan', { error: '"DrainPlan"' }),
      id: name,
      request: drainRequestSchema,
      snapshot: z.object({ hash: name, takenAt: text.nullable() }),
      summary,
      certificate: z.object({
        outages: certificateEntry,
        switchovers: certificateEntry,
        waves: certificateEntry,
      }),
      clusters: z.record(z.string(), verdict),
      steps: z.array(step, { error: 'a list of steps' }),
      findings: z.array(finding, { error: 'a list of findings' }),
      refusals: z.array(refusal, { error: 'a list of refusals' }),
    },
    { error: 'a DrainPlan' },
  )
  .meta({ id: 'DrainPlan', title: 'DrainPlan' });

export type ParsedPlan =
  | { readonly kind: 'plan'; readonly plan: DrainPlan }
  | { readonly kind: 'bad-input'; readonly problems: readonly InputProblem[] };

/** The plan, or every field that is missing or of the wrong form, with its JSON path in `file`. */
export function parseDrainPlan(value: unknown, file: string): ParsedPlan {
  const parsed = parseWith<DrainPlan>(drainPlanSchema, value, file);
  return parsed.kind === 'parsed' ? { kind: 'plan', plan: parsed.value } : parsed;
}
