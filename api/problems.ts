/**
 * Every problem that the HTTP face can answer with: a closed list, told apart by `code` (RFC 9457, application/problem+json).
 * https://www.rfc-editor.org/rfc/rfc9457
 */
import type { ServiceRefusal } from '../executor/run-service.ts';
import { explainVerdict } from '../planner/index.ts';
import type { DrainPlan, InputProblem, Refusal } from '../planner/plan.ts';

export const problems = {
  // The request itself
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'bad-drain-request': { status: 400, title: 'The DrainRequest is not valid' },
  'bad-snapshot': { status: 422, title: 'The snapshot contradicts itself or lacks what planning needs' },
  'request-does-not-fit': { status: 422, title: 'The DrainRequest does not fit the fleet' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body has to be JSON' },
  'not-acceptable': { status: 406, title: 'Events are sent as text/event-stream only' },
  // Who asks
  'not-authenticated': { status: 401, title: 'A valid bearer token is needed' },
  'bad-signature': { status: 401, title: 'The webhook is not signed with a secret known here' },
  'own-run': { status: 403, title: 'Another person has to approve' },
  // What is asked for
  'no-such-route': { status: 404, title: 'There is nothing at this address' },
  'unknown-fleet': { status: 404, title: 'No fleet of that name' },
  'unknown-plan': { status: 404, title: 'No plan of that id' },
  'unknown-run': { status: 404, title: 'No run of that id' },
  // Not in this state
  'fleet-busy': { status: 409, title: 'Another run is under way on that fleet' },
  'wrong-state': { status: 409, title: 'The run is in a state that does not allow this' },
  'other-plan': { status: 409, title: 'The plan named is not the plan of the run' },
  'other-wave': { status: 409, title: 'Another wave waits for approval than the one named' },
  'nobody-to-approve': { status: 409, title: 'No other person could approve' },
  'plan-of-a-snapshot': { status: 409, title: 'A plan made from a file cannot be carried out' },
  'delivery-under-way': { status: 409, title: 'The same delivery is being answered right now' },
  'idempotency-key-used': { status: 409, title: 'The idempotency key was used for another plan' },
  'nothing-to-run': { status: 422, title: 'Nothing could be planned' },
  refused: { status: 409, title: 'Refused' },
  // The outside
  'store-unreachable': { status: 503, title: 'The store of plans and runs does not answer' },
  'fleet-unreachable': { status: 503, title: 'The fleet does not answer' },
  internal: { status: 500, title: 'A mistake of Switchyard' },
} as const;

export type ProblemCode = keyof typeof problems;

/** One place in what was sent, and what is wrong there. */
export type FieldProblem = {
  readonly field: string;
  readonly found: string;
  readonly expected: string;
};

/** The body of a problem answer. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
  /** Of a plan that refused every node. */
  readonly refusals?: readonly Refusal[];
  readonly planId?: string;
};

type Extra = Pick<Problem, 'errors' | 'refusals' | 'planId'>;

/** Thrown by a route that cannot answer as asked; build-server.ts turns it into the answer. */
export class ApiProblem extends Error {
  readonly code: ProblemCode;
  readonly extra: Extra;

  constructor(code: ProblemCode, detail: string, extra: Extra = {}) {
    super(detail);
    this.name = 'ApiProblem';
    this.code = code;
    this.extra = extra;
  }
}

/** The problem document of a code. `type` is a reference that the rows of docs/errors.md are found by. */
export function problemBody(code: ProblemCode, detail: string, extra: Extra = {}): Problem {
  const { status, title } = problems[code];
  return { type: `urn:switchyard:problem:${code}`, title, status, code, detail, ...extra };
}

/** Bad input found by the planner: each place is named, the first one in the detail. */
export function inputProblem(code: ProblemCode, found: readonly InputProblem[]): ApiProblem {
  const errors = found.map((problem) => ({
    field: problem.field,
    found: problem.found,
    expected: problem.expected,
  }));
  const first = found[0];
  const detail =
    first === undefined
      ? problems[code].title
      : `${[first.file, first.field, first.found].filter((part) => part !== '').join(': ')}; expected ${first.expected}`;
  return new ApiProblem(code, detail, { errors });
}

/** For a plan without steps: its verdict says why, and its refusals what would mend it. */
export function nothingToRun(plan: DrainPlan): ApiProblem {
  return new ApiProblem('nothing-to-run', explainVerdict(plan), {
    refusals: plan.refusals,
    planId: plan.id,
  });
}

/** A no of the run service as a problem: its own code where the list has it, `refused` otherwise. */
export function refusalProblem(refusal: ServiceRefusal): ApiProblem {
  return new ApiProblem(isProblemCode(refusal.code) ? refusal.code : 'refused', refusal.message);
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}
