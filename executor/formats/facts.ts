/** Schemas that plans and runs share. */
import { z } from 'zod';
import type { Facts } from '../../planner/plan.ts';

const fact = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())], {
  error: 'a text, a number, true, false or a list of texts',
});

export const facts: z.ZodType<Facts> = z.record(z.string(), fact, { error: 'an object of facts' });

/**
 * A code. The planner's lists are closed, but a plan may come from a later version or another tool: what is not known is
 * kept, shown as it is, and never acted on.
 */
export function code<Code extends string>(): z.ZodType<Code> {
  return z.string({ error: 'a code' }).min(1, { error: 'a code' }) as unknown as z.ZodType<Code>;
}

/** A code with the facts its sentence needs. */
export function because<Code extends string = string>() {
  return z.object({ code: code<Code>(), facts }, { error: 'an object with code and facts' });
}

export const text = z.string({ error: 'a text' });
export const name = z.string({ error: 'a name' }).min(1, { error: 'a name' });
export const count = z
  .int({ error: 'a whole number of 0 or more' })
  .min(0, { error: 'a whole number of 0 or more' });
export const amount = z.number({ error: 'a number of 0 or more' }).min(0, { error: 'a number of 0 or more' });
export const yes = z.boolean({ error: 'true or false' });
