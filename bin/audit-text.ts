import { actWords } from '../api/explain-entry.ts';
import type { RunAudit } from '../executor/record/audit-run.ts';

/** An audit as `run audit` prints it: people first, then a line for each act and what came of it. */
export function auditText({ run, plan, requester, decisions, acts }: RunAudit): string {
  const people = decisions.map(({ at, by, what, plan: named, wave, comment }) => {
    const about = [named === undefined ? '' : `plan ${named}`, wave === undefined ? '' : `wave ${wave}`];
    const words = [what, ...about.filter((part) => part !== ''), comment === undefined ? '' : `"${comment}"`];
    return `  ${at}  ${by}  ${words.filter((word) => word !== '').join('  ')}`;
  });
  const done = acts.map(({ at, worker, step, act, answer }) => {
    const came = answer === undefined ? 'no answer' : `${answer.answer} at ${answer.at.slice(11, 19)}Z`;
    return `  ${at}  ${worker}  ${step}  ${actWords(act)}: ${came}`;
  });
  const head = `run ${run}  plan ${plan}  asked for by ${requester}`;
  return `${[head, 'people', ...people, `acts ${acts.length}`, ...done].join('\n')}\n`;
}
