/** What is around a run: other runs of the fleet, and what can be done here when there is none yet. */
import { html } from './preact.js';
import { hasToken } from './server.js';
import { clockTime } from './time.js';

export function OtherRuns({ view }) {
  if (view.runs.length === 0) return null;
  return html`<section class="panel others" aria-labelledby="others-title">
    <h2 id="others-title">Other runs of ${view.fleet}</h2>
    <ul>
      ${view.runs.map(
        (
          run,
        ) => html`<li key=${run.id}><a href=${address(view.fleet, run.id)}>${run.id}</a> <span class=${`badge ${run.state}`}>${run.state.replaceAll('-', ' ')}</span>
          <span class="muted">${run.startedAt !== undefined && `${run.startedAt.slice(0, 10)} ${clockTime(run.startedAt)} · `}${run.verdict}</span></li>`,
      )}
    </ul>
    ${view.runsMore > 0 && html`<p class="muted">${view.runsMore} older runs: <code>switchyard run list</code></p>`}
  </section>`;
}

/** Said on top where a run that is over is looked at while another one goes on. */
export function UnderWay({ view }) {
  if (view.underWay === null) return null;
  return html`<p class="notice">Another run of this fleet is under way: <a href=${address(view.fleet)}>${view.underWay.id}</a>. ${view.underWay.verdict}</p>`;
}

/** A fleet without a run: what Switchyard would do for it, and how to ask. */
export function Start({ view }) {
  return html`<section class="panel start" aria-labelledby="start-title">
    <h2 id="start-title">No run on this fleet yet</h2>
    <ol>
      <li><strong>Plan a drain.</strong> It reads the fleet and changes nothing; the answer says what it costs, and whether any plan could cost less.
        <pre tabindex="0" aria-label="Command that makes a plan">curl -s ${location.origin}/v1/plans ${hasToken() ? '-H "authorization: Bearer $SWITCHYARD_TOKEN" ' : ''}-H 'content-type: application/json' \\
  -d '${JSON.stringify({ fleet: view.fleet, request: view.example })}'</pre></li>
      <li><strong>Start it</strong> with the id of the plan: <code>switchyard run start PLAN-ID</code>. Or let your upgrade pipeline send its signed webhook, which does both.</li>
      <li><strong>Watch it here.</strong> The run appears by itself; Pause and Abort are on this page.</li>
    </ol>
    ${
      view.plans.length > 0 &&
      html`<h3>Plans made for this fleet</h3>
      <ul>${view.plans.map(
        (
          plan,
        ) => html`<li key=${plan.id}><a href=${`/v1/plans/${plan.id}/explain`} data-plan=${plan.id} aria-label=${`Plan ${plan.id.slice(0, 8)} as text`}>${plan.id.slice(0, 8)}</a> <span class="muted">${plan.madeAt.slice(0, 10)} ${clockTime(plan.madeAt)} by ${plan.requester} ·</span> ${plan.verdict}
          ${plan.canStart ? html`<pre tabindex="0" aria-label=${`Command that starts plan ${plan.id.slice(0, 8)}`}>switchyard run start ${plan.id}</pre>` : html` <span class="muted">There is nothing to start.</span>`}</li>`,
      )}</ul>`
    }
    <p class="muted">Signs and letters are explained below the map. <a href="/docs">All of the HTTP interface</a></p>
  </section>`;
}

function address(fleet, run) {
  const words = new URLSearchParams({ fleet, ...(run === undefined ? {} : { run }) });
  return `/?${words}`;
}
