/** Whether the plan that is to be approved still fits the fleet: asked for once, and again when somebody wants to know. */
import { html, useEffect, useState } from './preact.js';
import { ask } from './server.js';
import { clockTime } from './time.js';

/** A large fleet is read in full for the answer. */
const PATIENCE_MS = 60_000;
const LINES_MAX = 5;

/** Of a plan that has not begun: what a run has done so far is a change, too. */
export function FleetNow({ planId }) {
  const [seen, setSeen] = useState(null);
  const look = async () => {
    setSeen(null);
    setSeen(await askCondition(planId));
  };
  useEffect(() => {
    look();
  }, [planId]);
  return html`<div><dt>fleet now</dt><dd class=${`fleet-now ${seen?.condition ?? ''}`} aria-live="polite">
    ${seen === null ? 'is compared with the plan ...' : html`<${Answer} seen=${seen} />`}
    ${seen !== null && html` <button type="button" class="quiet" onClick=${look}>Check again</button>`}
  </dd></div>`;
}

function Answer({ seen }) {
  const { lines = [] } = seen;
  const more = lines.length - LINES_MAX;
  return html`${seen.words} <span class="muted">seen ${clockTime(seen.at)}</span>
    ${lines.length > 0 && html`<ul>${lines.slice(0, LINES_MAX).map((line) => html`<li key=${line}>${line}</li>`)}${more > 0 && html`<li class="muted">${more} more</li>`}</ul>`}`;
}

async function askCondition(planId) {
  const path = `/v1/plans/${encodeURIComponent(planId)}/condition`;
  const at = () => new Date().toISOString();
  try {
    const answer = await ask(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return { condition: answer.condition, at: at(), words: answer.sentence, lines: answer.changes };
  } catch (error) {
    return { condition: 'unknown', at: at(), words: `could not be compared with the plan: ${error.message}` };
  }
}
