/** The change request: what somebody has to know who is to approve. */
import { FleetNow } from './fleet-now.js';
import { html } from './preact.js';

export function Approval({ run }) {
  if (run.approval === undefined) return null;
  const { rows, concerns, concernsMore } = run.approval;
  return html`<section class="panel approval" aria-labelledby="approval-title">
    <h2 id="approval-title">What is to be approved</h2>
    <dl class="request">
      ${rows.map((row) => html`<div key=${row.name}><dt>${row.name}</dt><dd>${row.words}</dd></div>`)}
      ${run.startedAt === undefined && html`<${FleetNow} key=${run.planId} planId=${run.planId} />`}
      <div><dt>plan</dt><dd><a href=${`/v1/plans/${run.planId}/explain`} data-plan=${run.planId}>Read it as text</a> <code>${run.planId.slice(0, 8)}</code></dd></div>
      <div><dt>if it goes wrong</dt><dd>it stops before its next act; you stop it with Pause or <code>switchyard run pause ${run.id}</code></dd></div>
    </dl>
    ${concerns.length > 0 && html`<ul class="concerns">${concerns.map((words) => html`<li key=${words}>${words}</li>`)}</ul>`}
    ${concernsMore > 0 && html`<p class="muted">${concernsMore} more are in the plan as text.</p>`}
  </section>`;
}
