/**
 * The public face of planning: a Kubernetes List and a DrainRequest in, a DrainPlan, its check and its words out.
 * Everything here is pure: same input, same output, on every machine.
 */
export { checkPlan } from './check/check-plan.ts';
export type * from './codes.ts';
export { explainPlan, explainVerdict } from './explain/explain.ts';
export { explainBecause } from './explain/explain-because.ts';
export { explainCertificate } from './explain/explain-certificate.ts';
export { explainFinding, explainRefusal } from './explain/explain-finding.ts';
export { explainLeft } from './explain/explain-left.ts';
export { explainStep } from './explain/explain-step.ts';
export { explainViolation } from './explain/explain-violation.ts';
export { explainOutlook, explainReplan, explainWait } from './explain/explain-wait.ts';
export { hashFleet } from './hash/hash-fleet.ts';
export type * from './model.ts';
export type * from './plan.ts';
export { planDrain } from './plan-drain.ts';
export { describeProblem } from './read/describe-problem.ts';
export { readSnapshot } from './read/read-snapshot.ts';
export { resolveRequest } from './read/resolve-request.ts';
