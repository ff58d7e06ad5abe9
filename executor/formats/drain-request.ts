/**
 * DrainRequest as it comes from outside. Every field but `nodes` may be missing (planner/read/resolve-request.ts fills in the
 * defaults); a field that nobody knows is an error, because a misspelt limit must not be a limit that is not there.
 */
import { z } from 'zod';
import type { DrainRequest, InputProblem } from '../../planner/plan.ts';
import { parseWith, strictObject } from './input-problems.ts';

const wholeNumber = (least: 0 | 1) => {
  const error = `a whole number of ${least} or more`;
  return z.int({ error }).min(least, { error });
};
const text = (expected: string) => z.string({ error: expected }).min(1, { error: expected });
const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(values, { error: values.map((value) => `"${value}"`).join(' or ') });
const byZone = <Value extends z.ZodType>(value: Value) =>
  z.record(z.string(), value, { error: 'an object from zone to value' });

const singleMember = oneOf('restart', 'scale-out', 'skip');
const quantity = text('a Kubernetes quantity in quotes, such as "4" or "64Gi"');
const labels = z.record(z.string(), z.string({ error: 'a label value' }), { error: 'an object of labels' });

/** Resources by their Kubernetes names; a name of another form would be a typing error that nobody notices. */
const resources = z.record(
  z.string().regex(/^(cpu|memory|pods|ephemeral-storage|hugepages-.+|attachable-volumes-.+|[^/]+\/.+)$/, {
    error: 'cpu, memory, pods, ephemeral-storage or another Kubernetes resource',
  }),
  z.union([z.string(), z.number()], { error: 'a Kubernetes quantity such as "4", "64Gi" or 110' }),
  { error: 'an object of resources' },
);

const nodes = strictObject({
  names: z.array(text('the name of a node'), { error: 'a list of node names' }).optional(),
  selector: text('a label selector, e.g. lifecycle-status=decommission-pending').optional(),
});

const surge = strictObject({
  perZone: byZone(wholeNumber(0)).optional(),
  default: wholeNumber(0).optional(),
  total: wholeNumber(0).nullable().optional(),
});

const replacement = strictObject({
  cpu: quantity.optional(),
  memory: quantity.optional(),
  pods: wholeNumber(0).optional(),
  labels: labels.optional(),
  perZone: byZone(resources).optional(),
});

const limits = strictObject({
  parallelDrainsPerZone: wholeNumber(1).optional(),
  parallelSwitchovers: wholeNumber(1).optional(),
  parallelMovesPerCluster: wholeNumber(1).optional(),
  maxNewNodesPerZone: z
    .union([wholeNumber(0), z.record(z.string(), wholeNumber(0))], {
      error: 'a whole number of 0 or more, an object from zone to such numbers, or null',
    })
    .nullable()
    .optional(),
});

const cluster = strictObject({
  weight: z.number({ error: 'a number of 0 or more' }).min(0, { error: 'a number of 0 or more' }).optional(),
  window: text('a time window, e.g. Sat 02:00-04:00 Europe/Berlin')
    .meta({
      description:
        'When its primary may be interrupted: one or more of [DAYS] HH:MM-HH:MM [ZONE] with commas between them. DAYS: Sat, Mon-Fri or Sat,Sun; none: every day. ZONE: of the IANA database; none: UTC. Absent: at any time.',
    })
    .optional(),
  singleMember: singleMember.optional(),
  switchover: oneOf('never', 'allowed').optional(),
});

export const drainRequestSchema = strictObject({
  apiVersion: z.literal('switchyard.dev/v1', { error: '"switchyard.dev/v1"' }),
  kind: z.literal('DrainRequest', { error: '"DrainRequest"' }),
  nodes,
  surge: surge.optional(),
  replacement: replacement.optional(),
  limits: limits.optional(),
  mode: oneOf('pods', 'whole-nodes').optional(),
  hold: oneOf('fence', 'cordon').optional(),
  parking: z.boolean({ error: 'true or false' }).optional(),
  singleMember: singleMember.optional(),
  onDeadline: oneOf('pause', 'wait', 'skip-node')
    .meta({
      description:
        'What a run does when a step has waited until its deadline and no new plan answers it. pause: it halts until a person decides. wait: it waits as long again, three times at most. skip-node: it goes on without that node.',
    })
    .optional(),
  clusters: z
    .record(z.string(), cluster, { error: 'an object from cluster (namespace/name) to its settings' })
    .optional(),
}).meta({ id: 'DrainRequest', title: 'DrainRequest' });

export type ParsedRequest =
  | { readonly kind: 'request'; readonly request: DrainRequest }
  | { readonly kind: 'bad-input'; readonly problems: readonly InputProblem[] };

/** The request, or every wrong or unknown field with its JSON path in `file`. */
export function parseDrainRequest(value: unknown, file: string): ParsedRequest {
  const parsed = parseWith<DrainRequest>(drainRequestSchema, value, file);
  return parsed.kind === 'parsed' ? { kind: 'request', request: parsed.value } : parsed;
}
