/** Shapes of what callers send (checked, unknown fields refused) and of what they get (for the OpenAPI document). */
import { z } from 'zod';
import { drainPlanSchema } from '../executor/formats/drain-plan.ts';
import { runSchema } from '../executor/formats/run.ts';
import type { Run } from '../executor/run.ts';
import type { DrainPlan } from '../planner/plan.ts';
import { stepGroups } from './step-lines.ts';

/** Read by its own parser, which names every wrong field at once; here it is only described. */
const drainRequest = z.unknown().meta({ $ref: '#/components/schemas/DrainRequestInput' });

export const planOrder = z
  .strictObject({
    fleet: z.string().min(1).optional().describe('Name of a fleet of this server: plan on what is there now'),
    snapshot: z.unknown().optional().describe('A Kubernetes List as kubectl prints it: plan on this instead'),
    request: drainRequest,
  })
  .refine((order) => (order.fleet === undefined) !== (order.snapshot === undefined), {
    message: 'exactly one of fleet and snapshot',
    path: ['fleet'],
  });

export const runOrder = z.strictObject({
  planId: z.string().min(1),
  approvals: z
    .enum(['run', 'wave'])
    .optional()
    .describe('wave: the run waits for approval before each wave. Default: run'),
});
export const approval = z.strictObject({
  planId: z.string().min(1).describe('The id of the plan that was read'),
  wave: z.int().min(1).optional().describe('The wave that waits, where each has its own approval'),
  comment: z.string().max(2_000).optional(),
});
export const rejection = z.strictObject({ comment: z.string().max(2_000).optional() }).nullish();
export const nothing = z.strictObject({}).nullish();

export const upgradeWebhook = z.strictObject({
  type: z.literal('cluster-upgrade'),
  fleet: z.string().min(1),
  request: drainRequest,
  start: z.boolean().optional().describe('false: plan only. Default: true'),
});

export const idParameter = z.object({ id: z.string().min(1).max(200) });
export const nameParameter = z.object({ name: z.string().min(1).max(200) });
export const runChoice = z.object({ run: z.string().max(200).optional() });
/** The address of the page; what it does not know is left alone, as people paste addresses. */
export const pageChoice = z.object({
  fleet: z.string().max(200).optional().catch(undefined),
  run: z.string().max(200).optional().catch(undefined),
});
export const stepsChoice = z.object({
  group: z.enum(stepGroups),
  from: z.coerce.number().int().nonnegative().max(1_000_000).default(0).describe('How many to leave out'),
  limit: z.coerce.number().int().min(1).max(500).default(200),
});
export const eventsFrom = z.object({
  after: z.coerce
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('Like Last-Event-ID, for clients without it'),
  last: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('Of what there is so far, so many entries; where neither Last-Event-ID nor `after` is sent'),
});

export const journalPart = z.object({
  after: z.coerce.number().int().nonnegative().max(1e9).default(0).describe('A sequence number'),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
    errors: z
      .array(z.object({ field: z.string(), found: z.string(), expected: z.string() }))
      .optional()
      .describe('Each place in what was sent that is wrong'),
    refusals: z.array(z.unknown()).optional(),
    planId: z.string().optional(),
  })
  .meta({ id: 'Problem' });

export const text = z.string();
/** The two documents that programs keep: the same schemas as in docs/schemas. */
export const planDocument: z.ZodType<DrainPlan> = drainPlanSchema;
export const runDocument: z.ZodType<Run> = runSchema;
/** Answers made for people and the page, and lists: their fields may grow. */
export const document = z.looseObject({});
