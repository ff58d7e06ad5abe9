/** The run: verdict, counters, now / waiting / until / then, what a person can do, steps and events. */
import { html, useRef, useState } from './preact.js';
import { clockTime, duration } from './time.js';

export function Verdict({ view, now }) {
  const { run } = view;
  if (run === null) {
    return html`<section class="verdict" id="verdict">
      <h1>${view.sentence}</h1>
      <p class="muted">No run on this fleet yet. Plan one with <code>switchyard plan</code> or <a href="/docs">POST /v1/plans</a>.</p>
    </section>`;
  }
  return html`<section class="verdict" id="verdict">
    <h1><span class="state ${run.state}">${run.verdict}</span></h1>
    <p class="promise">${run.promise} <a href="/v1/plans/${run.planId}/explain">The plan as text</a></p>
    <dl class="counters">
      ${run.counters.map(
        (
          counter,
        ) => html`<div key=${counter.name} class="counter ${counter.name === 'unplanned' ? 'capitals' : ''} ${counter.loud ? 'loud' : ''}">
          <dt>${counter.name}</dt>
          <dd><strong>${counter.text}</strong>${counter.note !== undefined && html` <span class="muted">${counter.note}</span>`}</dd>
        </div>`,
      )}
    </dl>
    <${Progress} run=${run} now=${now} />
  </section>`;
}

function Progress({ run, now }) {
  const done = run.steps.filter((step) => step.state === 'done' || step.state === 'skipped').length;
  const ends =
    run.ended && run.endedAt !== undefined
      ? `ended ${clockTime(run.endedAt)}${run.startedAt === undefined ? '' : `, took ${duration(Date.parse(run.endedAt) - Date.parse(run.startedAt))}`}`
      : run.still
        ? 'stands still until somebody decides'
        : run.expectedEnd === undefined
          ? 'has not started'
          : `ends about ${clockTime(run.expectedEnd.p50)}, 19 of 20 by ${clockTime(run.expectedEnd.p95)}${now > Date.parse(run.expectedEnd.p95) ? ' (overdue)' : ''}`;
  return html`<div class="progress">
    <progress max=${run.steps.length} value=${done} aria-label="Steps done"></progress>
    <span class="muted">${ends}</span>
  </div>`;
}

export function Now({ run, now }) {
  if (run.ended) return null;
  const [first, ...others] = run.now;
  return html`<section class="panel now" aria-labelledby="now-title">
    <h2 id="now-title" class="hidden">What happens now</h2>
    ${run.because !== undefined && html`<p class="because">${run.because}</p>`}
    <dl>
      <div class="line"><dt>${run.still ? 'at' : 'now'}</dt><dd>${first === undefined ? 'no step is under way' : html`<${Lead} step=${first} now=${now} still=${run.still} />`}
        ${others.length > 0 && html`<span class="muted"> and ${others.length} more</span>`}</dd></div>
      ${first?.waiting !== undefined && html`<div class="line"><dt>${first.state === 'blocked' ? 'blocked' : 'waiting'}</dt><dd>${first.waiting}</dd></div>`}
      ${first?.until !== undefined && !run.still && html`<div class="line"><dt>until</dt><dd>${clockTime(first.until)}${first.onDeadline === undefined ? '' : `, ${first.onDeadline}`}</dd></div>`}
      ${run.next !== null && html`<div class="line"><dt>then</dt><dd>${run.next}</dd></div>`}
    </dl>
  </section>`;
}

function Lead({ step, now, still }) {
  return html`${step.text}${!still && step.since !== undefined && html` <span class="muted">for ${duration(now - Date.parse(step.since))}</span>`}`;
}

export function Controls({ run, fleet, onAsk }) {
  const dialog = useRef(null);
  const [typed, setTyped] = useState('');
  if (run.controls.length === 0) return null;
  const press = (control) => {
    if (control.verb !== 'abort') return onAsk(control.verb);
    setTyped('');
    return dialog.current.showModal();
  };
  const abort = (event) => {
    event.preventDefault();
    if (typed !== fleet) return;
    dialog.current.close();
    onAsk('abort');
  };
  const reasons = run.controls.filter((control) => control.whyNot !== null);
  return html`<section class="controls" aria-label="Controls of the run">
    ${run.controls.map(
      (control) =>
        html`<button type="button" key=${control.verb} class=${control.verb} disabled=${control.whyNot !== null} onClick=${() => press(control)}>${control.label}</button>`,
    )}
    ${reasons.map((control) => html`<p class="why-not">${control.whyNot}</p>`)}
    <dialog ref=${dialog} aria-labelledby="abort-title">
      <form onSubmit=${abort}>
        <h2 id="abort-title">Abort run ${run.id}?</h2>
        <p>What is under way is finished first. Then fences and cordons of this run are taken off; those of others stay.</p>
        <p>What is done stays done. Nothing is moved back.</p>
        <label>Type <strong>${fleet}</strong> to abort
          <input value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)} autocomplete="off" spellcheck="false" />
        </label>
        <div class="buttons">
          <button type="button" onClick=${() => dialog.current.close()}>Keep running</button>
          <button type="submit" class="abort" disabled=${typed !== fleet}>Abort</button>
        </div>
      </form>
    </dialog>
  </section>`;
}

const groups = [
  { title: 'Under way', states: ['acting', 'waiting', 'blocked', 'failed'], shown: 20 },
  { title: 'Next', states: ['ready', 'pending'], shown: 6 },
  { title: 'Done', states: ['done', 'skipped'], shown: 4, newestFirst: true },
];

export function Steps({ run, now }) {
  return html`<section class="panel steps" aria-labelledby="steps-title">
    <h2 id="steps-title">Steps</h2>
    ${groups.map((group) => html`<${StepGroup} key=${group.title} group=${group} steps=${run.steps} now=${now} still=${run.still} only=${run.ended} />`)}
  </section>`;
}

function StepGroup({ group, steps, now, still, only }) {
  const [all, setAll] = useState(false);
  const found = steps.filter((step) => group.states.includes(step.state));
  if (found.length === 0) return null;
  // Of a big plan a screen's worth is drawn; the whole is in the plan as text.
  const few = only ? 14 : group.shown;
  const limit = all ? 200 : few;
  const ordered = group.newestFirst
    ? found.toReversed().sort((left, right) => (right.since ?? '').localeCompare(left.since ?? ''))
    : found;
  return html`<div class="step-group">
    <h3>${group.title === 'Under way' && still ? 'Stands still at' : group.title} <span class="muted">${found.length}</span></h3>
    <ol>
      ${ordered.slice(0, limit).map((step) => html`<${Step} key=${step.id} step=${step} now=${now} />`)}
    </ol>
    ${found.length > few && html`<button type="button" class="quiet" onClick=${() => setAll(!all)}>${all ? 'Show fewer' : `Show ${Math.min(found.length, 200) - few} more`}</button>`}
  </div>`;
}

function Step({ step, now }) {
  const active = step.state === 'acting' || step.state === 'waiting' || step.state === 'blocked';
  return html`<li class="step ${step.state} ${step.kind}">
    <span class="sign" aria-hidden="true">${step.sign}</span>
    <span class="what"><span class="hidden">${step.state}: </span>${step.text}${step.note !== '' && html` <span class="muted note">${step.note}</span>`}
      ${step.waiting !== undefined && html`<span class="wait">${step.state === 'blocked' ? 'blocked: ' : ''}${step.waiting}${step.until !== undefined && html` <span class="muted">until ${clockTime(step.until)}</span>`}</span>`}
    </span>
    ${active && step.since !== undefined && html`<span class="muted age">${duration(now - Date.parse(step.since))}</span>`}
  </li>`;
}

const filters = {
  // Answers are bookkeeping: what came of an act is told by what was seen.
  changes: (entry) => entry.sort !== 'answer',
  acts: (entry) => entry.sort === 'act' || entry.sort === 'seen',
  people: (entry) => entry.sort === 'person',
  problems: (entry) => entry.sort === 'problem' || entry.sort === 'wait',
  all: () => true,
};

export function Events({ entries, lost }) {
  const [filter, setFilter] = useState('changes');
  const shown = entries.filter(filters[filter]).slice(-200).toReversed();
  return html`<section class="panel events" aria-labelledby="events-title">
    <div class="title"><h2 id="events-title">Events</h2>
      <label>show <select value=${filter} onChange=${(event) => setFilter(event.currentTarget.value)}>
        ${Object.keys(filters).map((name) => html`<option value=${name}>${name}</option>`)}
      </select></label>
    </div>
    ${lost && html`<p class="stale-note">The event stream is lost; asking again. What is missed is replayed.</p>`}
    <ol role="log" aria-live="off" aria-label="Journal of the run, newest first" tabindex="0">
      ${shown.map(
        (entry) => html`<li key=${entry.sequence} class="sort-${entry.sort}">
          <time datetime=${entry.at}>${clockTime(entry.at)}</time>
          <span class="sort">${entry.sort}</span>
          <span class="text">${entry.words}</span>
        </li>`,
      )}
    </ol>
  </section>`;
}
