/** The run: now / waiting / until / then, what a person can do, steps, events, and what came of it all. */
import { html, useEffect, useRef, useState } from './preact.js';
import { ask } from './server.js';
import { clockTime, duration } from './time.js';

/** The four lines that answer what goes on. They are always four, so that nothing below them jumps while the run goes on. */
export function Now({ run, now }) {
  if (run.ended) return null;
  const { first, others } = run.now;
  const waits = first?.waiting;
  const isSaid = first === null && run.because !== undefined;
  return html`<section class="panel now ${run.state}" aria-labelledby="now-title">
    <h2 id="now-title" class="hidden">What happens now</h2>
    ${run.because !== undefined && html`<p class="because">${run.because}</p>`}
    ${run.choices !== undefined && html`<p class="choices">${run.choices}</p>`}
    <dl>
      <${Line} word=${run.still ? 'at' : 'now'}>${first === null ? 'no step is under way' : html`<${Lead} step=${first} now=${now} still=${run.still} />`}${others > 0 && html`<span class="muted"> and ${others} more</span>`}</${Line}>
      <${Line} word=${first?.state === 'blocked' ? 'blocked' : 'waiting'}>${waits ?? html`<span class="muted">${isSaid ? 'as it says above' : (seeing[first?.state] ?? 'for nothing')}</span>`}</${Line}>
      <${Line} word="until">${first?.until !== undefined && !run.still ? `${clockTime(first.until)}${first.onDeadline === undefined ? '' : `, ${first.onDeadline}`}` : html`<span class="muted">${isSaid && !run.still ? 'as it says above' : 'no deadline runs'}</span>`}</${Line}>
      <${Line} word="then">${run.next ?? html`<span class="muted">nothing more: the run ends</span>`}</${Line}>
    </dl>
  </section>`;
}

/** What an active step without a reason to wait is at. */
const seeing = { acting: 'for the answer', waiting: 'to see what came of it' };

function Line({ word, children }) {
  return html`<div class="line"><dt>${word}</dt><dd>${children}</dd></div>`;
}

function Lead({ step, now, still }) {
  return html`${step.text}${!still && step.since !== undefined && html` <span class="muted">for ${duration(now - Date.parse(step.since))}</span>`}`;
}

/** Promised and kept, once the run has ended. */
export function Result({ result }) {
  return html`<section class="panel result" aria-labelledby="result-title">
    <h2 id="result-title">Promised and kept</h2>
    <div class="columns">
      <div class="scroll"><table>
        <thead><tr><th scope="col"><span class="hidden">What</span></th><th scope="col">planned</th><th scope="col">real</th></tr></thead>
        <tbody>${result.rows.map(
          (row) =>
            html`<tr key=${row.name} class=${row.loud ? 'loud' : ''}><th scope="row">${row.name}</th><td>${row.planned}</td><td><strong>${row.real}</strong>${row.loud && ' !'}</td></tr>`,
        )}</tbody>
      </table></div>
      ${
        result.clusters.length > 0 &&
        html`<div class="scroll"><table>
        <thead><tr><th scope="col">switchovers of</th><th scope="col">naive</th><th scope="col">planned</th><th scope="col">real</th></tr></thead>
        <tbody>${result.clusters.map(
          (row) =>
            html`<tr key=${row.key} class=${row.real > row.planned ? 'loud' : ''}><th scope="row">${row.key}</th><td>${row.naive}</td><td>${row.planned}</td><td><strong>${row.real}</strong></td></tr>`,
        )}</tbody>
      </table></div>`
      }
    </div>
    ${result.clustersMore > 0 && html`<p class="muted">${result.clustersMore} more clusters are in <a href="/docs">GET /v1/plans/{id}</a>.</p>`}
  </section>`;
}

/** `asked`: a dialog that a key has asked for, `{ verb }`; a new object each time. */
export function Controls({ run, fleet, onAsk, asked }) {
  const abortDialog = useRef(null);
  const pauseDialog = useRef(null);
  const [typed, setTyped] = useState('');
  const open = (verb) => {
    setTyped('');
    const dialog = verb === 'abort' ? abortDialog.current : pauseDialog.current;
    if (dialog?.open === false) dialog.showModal();
  };
  useEffect(() => {
    if (asked !== null) open(asked.verb);
  }, [asked]);
  if (run.controls.length === 0) return null;
  const submit = (verb, dialog) => (event) => {
    event.preventDefault();
    if (verb === 'abort' && typed !== fleet) return;
    dialog.current.close();
    onAsk(verb);
  };
  const reasons = run.controls.filter((control) => control.whyNot !== null);
  return html`<section class="controls" aria-label="Controls of the run">
    ${run.controls.map(
      (control) =>
        html`<button type="button" key=${control.verb} class=${control.verb} disabled=${control.whyNot !== null}
          aria-keyshortcuts=${{ pause: 'p', abort: 'Shift+A' }[control.verb]}
          aria-describedby=${control.whyNot === null ? undefined : `why-not-${control.verb}`}
          onClick=${() => (control.verb === 'abort' ? open('abort') : onAsk(control.verb))}>${control.label}</button>`,
    )}
    ${reasons.map((control) => html`<p class="why-not" id=${`why-not-${control.verb}`}>${control.whyNot}</p>`)}
    <dialog ref=${abortDialog} aria-labelledby="abort-title">
      <form onSubmit=${submit('abort', abortDialog)}>
        <h2 id="abort-title">Abort run ${run.id}?</h2>
        <p>What is under way is finished first${run.now.first !== null && html`: ${run.now.first.text}${run.now.others > 0 ? ` and ${run.now.others} more` : ''}`}. Then fences and cordons of this run are taken off; those of others stay.</p>
        <p>What is done stays done. Nothing is moved back.</p>
        <label>Type <strong>${fleet}</strong> to abort
          <input value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)} autocomplete="off" autocapitalize="off" spellcheck="false" />
        </label>
        <div class="buttons">
          <button type="button" onClick=${() => abortDialog.current.close()}>Keep running</button>
          <button type="submit" class="abort" disabled=${typed !== fleet}>Abort</button>
        </div>
      </form>
    </dialog>
    <dialog ref=${pauseDialog} aria-labelledby="pause-title">
      <form onSubmit=${submit('pause', pauseDialog)}>
        <h2 id="pause-title">Pause run ${run.id}?</h2>
        <p>A switchover is under way. It is finished first; then no new act is begun.</p>
        <div class="buttons">
          <button type="button" onClick=${() => pauseDialog.current.close()}>Keep running</button>
          <button type="submit">Pause</button>
        </div>
      </form>
    </dialog>
  </section>`;
}

const groups = [
  { name: 'underWay', title: 'Under way', shown: 20 },
  { name: 'next', title: 'Next', shown: 6 },
  { name: 'done', title: 'Done', shown: 4 },
];
/** Of a big plan so many are listed; the whole is in the plan as text. */
const LISTED_MAX = 200;

export function Steps({ run, now }) {
  const { waves } = run.steps;
  return html`<section class="panel steps" aria-labelledby="steps-title">
    <h2 id="steps-title">Steps</h2>
    ${waves.length > 1 && html`<p class="muted waves">${waves.map((wave) => `wave ${wave.wave}: ${wave.done} of ${wave.total}`).join(' · ')}</p>`}
    ${groups.map((group) => html`<${StepGroup} key=${`${run.id} ${group.name}`} group=${group} run=${run} now=${now} />`)}
  </section>`;
}

function StepGroup({ group, run, now }) {
  const [all, setAll] = useState(false);
  const [asked, setAsked] = useState(null);
  const { count, lines } = run.steps.groups[group.name];
  const few = run.ended ? 14 : group.shown;
  const needed = Math.min(count, LISTED_MAX);
  // What the view does not hold is asked for, and again when the run has moved on.
  useEffect(() => {
    if (!all || needed <= lines.length) return setAsked(null);
    const stop = new AbortController();
    ask(`/v1/runs/${encodeURIComponent(run.id)}/steps?group=${group.name}&limit=${LISTED_MAX}`, {
      signal: stop.signal,
    }).then(
      (answer) => setAsked(answer.lines),
      () => undefined,
    );
    return () => stop.abort();
  }, [all, needed, run.steps.done]);
  if (count === 0) return null;
  const shown = all ? (asked ?? lines) : lines.slice(0, few);
  return html`<div class="step-group">
    <h3>${group.name === 'underWay' && run.still ? 'Stands still at' : group.title} <span class="muted">${count}</span></h3>
    <ol>
      ${shown.map((step) => html`<${Step} key=${step.id} step=${step} now=${now} />`)}
    </ol>
    ${count > few && html`<button type="button" class="quiet" aria-expanded=${all} onClick=${() => setAll(!all)}>${all ? `Show fewer of ${group.title.toLowerCase()}` : `Show ${needed - few} more of ${group.title.toLowerCase()}`}</button>`}
    ${all && count > LISTED_MAX && html`<p class="muted">${count - LISTED_MAX} more are in the plan as text.</p>`}
  </div>`;
}

function Step({ step, now }) {
  const active = step.state === 'acting' || step.state === 'waiting' || step.state === 'blocked';
  return html`<li class="step ${step.state} ${step.kind}">
    <span class="sign" aria-hidden="true">${step.sign}</span>
    <div class="what"><span class="hidden">${step.state}: </span>${step.text}${step.note !== '' && html` <span class="muted note">${step.note}</span>`}
      ${step.waiting !== undefined && html`<span class="wait">${step.state === 'blocked' ? 'blocked: ' : ''}${step.waiting}${step.until !== undefined && html` <span class="muted">until ${clockTime(step.until)}</span>`}</span>`}
      ${step.kind === 'switchover' && html`<details class="why"><summary>why</summary>${step.why}</details>`}
    </div>
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
  const [aloud, setAloud] = useState(false);
  const shown = entries.filter(filters[filter]).slice(-200).toReversed();
  return html`<section class="panel events" aria-labelledby="events-title">
    <div class="title"><h2 id="events-title">Events</h2>
      <div class="switches"><label><input type="checkbox" checked=${aloud} onChange=${(event) => setAloud(event.currentTarget.checked)} /> read out</label>
      <label>show <select value=${filter} onChange=${(event) => setFilter(event.currentTarget.value)}>
        ${Object.keys(filters).map((name) => html`<option value=${name}>${name}</option>`)}
      </select></label></div>
    </div>
    ${lost && html`<p class="stale-note">The event stream is lost; asking again. What is missed is replayed.</p>`}
    <div class="log" role="log" aria-live=${aloud ? 'polite' : 'off'} aria-label="Journal of the run, newest first" tabindex="0"><ol>
      ${shown.map(
        (entry) => html`<li key=${entry.sequence} class="sort-${entry.sort}">
          <time datetime=${entry.at}>${clockTime(entry.at)}</time>
          <span class="sort">${entry.sort}</span>
          <span class="text">${entry.words}</span>
        </li>`,
      )}
    </ol></div>
  </section>`;
}
