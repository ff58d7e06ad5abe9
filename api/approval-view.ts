/**
 * What somebody has to know who is to approve a plan: a change request, not a list of steps. Pure.
 */
import type { RunSummary } from '../executor/run.ts';
import { duration, listed } from '../planner/explain/explain-words.ts';
import { type DrainPlan, explainFinding, explainRefusal, type Severity } from '../planner/index.ts';
import { counted, dayAndTime } from './run-words.ts';

export type ApprovalView = {
  /** What there is to know, in the order in which it matters. */
  readonly rows: readonly { readonly name: string; readonly words: string }[];
  /** Refusals and findings that are more than a note, each in a sentence. */
  readonly concerns: readonly string[];
  readonly concernsMore: number;
};

/** So many names are read; the rest is in the plan as text. */
const NAMES_MAX = 12;
const CONCERNS_MAX = 5;

/** The change request of a run of that plan; of the wave that waits, where each has its own approval. */
export function approvalView(run: RunSummary, plan: DrainPlan): ApprovalView {
  const { p50, p95 } = plan.summary.expectedSeconds;
  const serious = plan.findings.filter(({ severity }) => severity !== 'note');
  const concerns = [...plan.refusals.map(explainRefusal), ...serious.map(explainFinding)];
  const since = run.since === undefined ? '' : `, ${dayAndTime(run.since)}`;
  return {
    rows: [
      { name: 'asked for', words: `by ${run.requester}${since}` },
      { name: 'interrupts', words: interrupted(run, plan) },
      { name: 'takes', words: `about ${duration(p50)}, 19 of 20 runs under ${duration(p95)}` },
      { name: 'extra nodes', words: extraNodes(plan) },
      { name: 'refused', words: refused(plan) },
      { name: 'findings', words: findings(plan) },
    ],
    concerns: concerns.slice(0, CONCERNS_MAX),
    concernsMore: Math.max(0, concerns.length - CONCERNS_MAX),
  };
}

/** Whom it interrupts, by name; an outage is worse than any number of switchovers and is said first. */
function interrupted({ approvalWanted }: RunSummary, plan: DrainPlan): string {
  const wave = approvalWanted?.wave;
  const steps = plan.steps.filter((step) => wave === undefined || step.wave === wave);
  const outages = steps.flatMap((step) =>
    step.kind === 'move' && step.outage ? [step.cluster ?? step.pod] : [],
  );
  const switchovers = steps.flatMap((step) => (step.kind === 'switchover' ? [step.cluster] : []));
  const words = [
    ...(outages.length === 0 ? [] : [`OUTAGE of ${timesEach(outages)}`]),
    ...(switchovers.length === 0 ? [] : [`switchover of ${timesEach(switchovers)}`]),
  ];
  const which = wave === undefined ? '' : ` (wave ${wave})`;
  return words.length === 0 ? `nobody${which}` : `${words.join('; ')}${which}`;
}

/** `default/acid-a, default/acid-b once each; default/acid-c 2 times`. */
function timesEach(names: readonly string[]): string {
  const byTimes = Map.groupBy(
    Map.groupBy(names, (name) => name),
    ([, same]) => same.length,
  );
  return [...byTimes]
    .sort(([left], [right]) => right - left)
    .map(([times, all]) => {
      const each = all.length === 1 ? '' : ' each';
      const keys = all.map(([name]) => name);
      return `${listed(keys, NAMES_MAX)} ${times === 1 ? 'once' : `${times} times`}${each}`;
    })
    .join('; ');
}

function extraNodes({ summary }: DrainPlan): string {
  const zones = Object.entries(summary.surgeByZone).filter(([, surge]) => surge > 0);
  return zones.length === 0 ? 'none' : zones.map(([zone, surge]) => `${zone} +${surge}`).join(', ');
}

function refused({ refusals }: DrainPlan): string {
  const nodes = [...new Set(refusals.map(({ node }) => node))];
  return nodes.length === 0 ? 'none' : `${counted(nodes.length, 'node')}: ${listed(nodes, NAMES_MAX)}`;
}

const severityWords: Readonly<Record<Severity, string>> = {
  stops: 'keeps something from being done',
  costs: 'costs an interruption or time',
  risks: 'is a risk',
  note: 'good to know',
};

function findings({ findings: all }: DrainPlan): string {
  if (all.length === 0) return 'none';
  const bySeverity = Map.groupBy(all, ({ severity }) => severity);
  const order: readonly Severity[] = ['stops', 'costs', 'risks', 'note'];
  const parts = order.flatMap((severity) => {
    const found = bySeverity.get(severity)?.length ?? 0;
    return found === 0 ? [] : [`${found} ${severityWords[severity]}`];
  });
  return parts.join(', ');
}
