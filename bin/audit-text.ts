import { actWords } from '../api/explain-entry.ts';
import type { RunAudit } from '../executor/record/audit-run.ts';
import { explainReplan } from '../planner/index.ts';

/** An audit as `run audit` prints it: people first, then other plans than the one asked for, then a line for each act and what came of it. */
export function auditText({ run, plan, requester, decisions, plans, acts }: RunAudit): string {
  const people = decisions.map(({ at, by, what, plan: named, wave, comment }) => {
    const about = [named === undefined ? '' : `plan ${named}`, wave === undefined ? '' : `wave ${wave}`];
    const words = [what, ...about.filter((part) => part !== ''), comment === undefined ? '' : `"${comment}"`];
    return `  ${at}  ${by}  ${words.filter((word) => word !== '').join('  ')}`;
  });
  const done = acts.map(({ at, worker, step, act, answer }) => {
    const came = answer === undefined ? 'no answer' : `${answer.answer} at ${answer.at.slice(11, 19)}Z`;
    return `  ${at}  ${worker}  ${step}  ${actWords(act)}: ${came}`;
  });
  const others = plans.map(({ at, plan: other, needsApproval, facts }) => {
    const approval = needsApproval
      ? 'only once it was approved'
      : 'without approval, for it interrupts no more';
    return `  ${at}  plan ${other}  ${approval}: ${explainReplan(facts)}`;
  });
  const head = `run ${run}  plan ${plan}  asked for by ${requester}`;
  const instead = others.length === 0 ? [] : ['plans instead', ...others];
  return `${[head, 'people', ...people, ...instead, `acts ${acts.length}`, ...done].join('\n')}\n`;
}
