/**
 * The public face of planning: a Kubernetes List and a DrainRequest in, a DrainPlan, its check and its words out.
 * Everything here is pure: same input, same output, on every machine.
 */
export { checkPlan } from './check-plan.ts';
export type * from './codes.ts';
export { describeProblem } from './describe-problem.ts';
export { explainPlan, explainVerdict } from './explain.ts';
export { explainBecause } from './explain-because.ts';
export { explainCertificate } from './explain-certificate.ts';
export { explainFinding, explainRefusal } from './explain-finding.ts';
export { explainStep } from './explain-step.ts';
export { explainViolation } from './explain-violation.ts';
export { explainWait } from './explain-wait.ts';
export { hashFleet } from './hash-fleet.ts';
export type * from './model.ts';
export type * from './plan.ts';
export { planDrain } from './plan-drain.ts';
export { readSnapshot } from './read-snapshot.ts';
export { resolveRequest } from './resolve-request.ts';
