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

/** What readers of docs/schemas/ are told of a field; `absent` is what holds where it is missing (planner/read/resolve-request.ts). */
const told = <Value extends z.ZodType>(value: Value, description: string, absent?: unknown) =>
  value.meta({ description, ...(absent === undefined ? {} : { default: absent }) }).optional();

const singleMember = oneOf('restart', 'scale-out', 'skip');
const singleMemberMeans =
  'What becomes of a primary that nobody can succeed, as in a cluster of one member. restart: it is restarted elsewhere, an outage. scale-out: its cluster gets a temporary member first, and switches over. skip: its node is left alone.';
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
  names: told(
    z.array(text('the name of a node'), { error: 'a list of node names' }),
    'Nodes to be drained, by name; those of the selector come on top.',
  ),
  selector: told(
    text('a label selector, e.g. lifecycle-status=decommission-pending'),
    'Nodes to be drained, by their labels, as kubectl -l has it.',
  ),
});

const surge = strictObject({
  perZone: told(byZone(wholeNumber(0)), 'Extra live nodes at once in the zones that are named here.'),
  default: told(wholeNumber(0), 'Extra live nodes at once in each zone that perZone does not name.', 1),
  total: told(
    wholeNumber(0).nullable(),
    'Extra live nodes at once in all zones together; null: no limit.',
    null,
  ),
});

const replacement = strictObject({
  cpu: told(quantity, 'Allocatable; absent: that of the node that is replaced. So is every other size.'),
  memory: told(quantity, 'Allocatable.'),
  pods: told(wholeNumber(0), 'How many pods it may carry.'),
  labels: told(labels, 'Laid over the labels of the node that is replaced.'),
  perZone: told(byZone(resources), 'Allocatable resources of the replacements in a zone.'),
});

const limits = strictObject({
  parallelDrainsPerZone: told(wholeNumber(1), 'Nodes emptied at a time in one zone.', 1),
  parallelSwitchovers: told(wholeNumber(1), 'Switchovers under way at a time.', 4),
  parallelMovesPerCluster: told(wholeNumber(1), 'Members of one cluster that are away at a time.', 1),
  maxNewNodesPerZone: told(
    z
      .union([wholeNumber(0), z.record(z.string(), wholeNumber(0))], {
        error: 'a whole number of 0 or more, an object from zone to such numbers, or null',
      })
      .nullable(),
    'New nodes in one zone over the whole upgrade; null: no limit.',
    null,
  ),
});

const cluster = strictObject({
  weight: told(
    z.number({ error: 'a number of 0 or more' }).min(0, { error: 'a number of 0 or more' }),
    'How much an interruption of it counts.',
    1,
  ),
  window: told(
    text('a time window, e.g. Sat 02:00-04:00 Europe/Berlin'),
    'When its primary may be interrupted: one or more of [DAYS] HH:MM-HH:MM [ZONE] with commas between them. DAYS: Sat, Mon-Fri or Sat,Sun; none: every day. ZONE: of the IANA database, after every part or after none, which means UTC. Absent: at any time.',
  ),
  singleMember: told(singleMember, `${singleMemberMeans} Absent: what the request says for all.`),
  switchover: told(
    oneOf('never', 'allowed'),
    'never: it is not switched over; its primary is restarted where it has to move, an outage.',
    'allowed',
  ),
});

export const drainRequestSchema = strictObject({
  apiVersion: z.literal('switchyard.dev/v1', { error: '"switchyard.dev/v1"' }),
  kind: z.literal('DrainRequest', { error: '"DrainRequest"' }),
  nodes,
  surge: told(surge, 'Extra live nodes allowed at once, beside those before the first act.'),
  replacement: told(
    replacement,
    'What the nodes that come are like; absent: like those that they replace, their labels included.',
  ),
  limits: limits.optional(),
  mode: told(
    oneOf('pods', 'whole-nodes'),
    'pods: each pod goes when it is best. whole-nodes: a node is emptied in one go, one after the other.',
    'pods',
  ),
  hold: told(
    oneOf('fence', 'cordon'),
    'How nodes are closed. fence: by a taint of our own, to which no database operator reacts. cordon: as kubectl does.',
    'fence',
  ),
  parking: told(
    z.boolean({ error: 'true or false' }),
    'Whether pods may be moved to nodes that are themselves to be drained.',
    true,
  ),
  singleMember: told(singleMember, singleMemberMeans, 'restart'),
  onDeadline: told(
    oneOf('pause', 'wait', 'skip-node'),
    'What a run does when a step has waited until its deadline and no new plan answers it. pause: it halts until a person decides. wait: it waits as long again, three times at most. skip-node: it goes on without that node.',
    'pause',
  ),
  clusters: told(
    z.record(z.string(), cluster, { error: 'an object from cluster (namespace/name) to its settings' }),
    'What is wanted of single clusters.',
  ),
}).meta({ id: 'DrainRequest', title: 'DrainRequest' });

export type ParsedRequest =
  | { readonly kind: 'request'; readonly request: DrainRequest }
  | { readonly kind: 'bad-input'; readonly problems: readonly InputProblem[] };

/** The request, or every wrong or unknown field with its JSON path in `file`. */
export function parseDrainRequest(value: unknown, file: string): ParsedRequest {
  const parsed = parseWith<DrainRequest>(drainRequestSchema, value, file);
  return parsed.kind === 'parsed' ? { kind: 'request', request: parsed.value } : parsed;
}
