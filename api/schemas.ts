/** Shapes of what callers send (checked, unknown fields refused) and of what they get (for the OpenAPI document). */
import { z } from 'zod';
import { drainPlanSchema } from '../executor/formats/drain-plan.ts';
import { strictObject } from '../executor/formats/input-problems.ts';
import { runSchema } from '../executor/formats/run.ts';
import type { Run } from '../executor/run.ts';
import type { DrainPlan } from '../planner/plan.ts';
import { stepGroups } from './step-lines.ts';

const words = (expected: string, most?: number) => {
  const text = z.string({ error: expected }).min(1, { error: expected });
  return most === undefined ? text : text.max(most, { error: `${expected}, at most ${most} characters` });
};
/** A number in the address, which is text there. */
const wholeNumber = (least: number, most: number) => {
  const error = `a whole number from ${least} to ${most}`;
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error });
};

/** Read by its own parser, which names every wrong field at once; here it is only described. */
const drainRequest = z
  .unknown()
  .nonoptional({ error: 'a DrainRequest (docs/schemas/drain-request.json)' })
  .meta({ $ref: '#/components/schemas/DrainRequestInput' });

export const planOrder = strictObject({
  fleet: words('the name of a fleet')
    .optional()
    .describe('Name of a fleet of this server: plan on what is there now'),
  snapshot: z.unknown().optional().describe('A Kubernetes List as kubectl prints it: plan on this instead'),
  request: drainRequest,
}).refine((order) => (order.fleet === undefined) !== (order.snapshot === undefined), {
  message: 'one of fleet and snapshot, not both',
  path: ['fleet'],
});

export const runOrder = strictObject({
  planId: words('the id of a plan, as text'),
  approvals: z
    .enum(['run', 'wave'], { error: '"run" or "wave"' })
    .optional()
    .describe('wave: the run waits for approval before each wave. Default: run'),
});
const comment = z
  .string({ error: 'a text' })
  .max(2_000, { error: 'a text of at most 2000 characters' })
  .optional();
export const approval = strictObject({
  planId: words('the id of the plan that was read, as text').describe('The id of the plan that was read'),
  wave: z
    .int({ error: 'the number of a wave' })
    .min(1, { error: 'the number of a wave' })
    .optional()
    .describe('The wave that waits, where each has its own approval'),
  comment,
});
export const rejection = strictObject({ comment }).nullish();
export const nothing = z.strictObject({}, { error: 'no body, or {}' }).nullish();

export const upgradeWebhook = strictObject({
  type: z.literal('cluster-upgrade', { error: '"cluster-upgrade"' }),
  fleet: words('the name of a fleet'),
  request: drainRequest,
  start: z.boolean({ error: 'true or false' }).optional().describe('false: plan only. Default: true'),
});

export const idParameter = z.object({ id: words('an id', 200) });
export const nameParameter = z.object({ name: words('a name', 200) });
export const runChoice = z.object({
  run: z.string({ error: 'one id' }).max(200, { error: 'an id of at most 200 characters' }).optional(),
});
/** The address of the page; what it does not know is left alone, as people paste addresses. */
export const pageChoice = z.object({
  fleet: z.string().max(200).optional().catch(undefined),
  run: z.string().max(200).optional().catch(undefined),
});
export const stepsChoice = z.object({
  group: z.enum(stepGroups, { error: stepGroups.join(', ') }),
  from: wholeNumber(0, 1_000_000).default(0).describe('How many to leave out'),
  limit: wholeNumber(1, 500).default(200),
});
export const eventsFrom = z.object({
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Like Last-Event-ID, for clients without it'),
  last: wholeNumber(1, 100_000)
    .optional()
    .describe('Of what there is so far, so many entries; where neither Last-Event-ID nor `after` is sent'),
});

export const journalPart = z.object({
  after: wholeNumber(0, 1e9).default(0).describe('A sequence number'),
  limit: wholeNumber(1, 10_000).default(1_000),
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
