/** The run: now / waiting / until / then, steps, events, and what came of it all. */
import { html, useEffect, useState } from './preact.js';
import { ask } from './server.js';
import { clockTime, duration } from './time.js';

/** The four lines that answer what goes on. They are always four, so that nothing below them jumps while the run goes on. */
export function Now({ run, left, now }) {
  if (run.ended) return left === null ? null : html`<p class="panel now">${left}</p>`;
  const { first, others } = run.now;
  return html`<section class="panel now ${run.state}" aria-labelledby="now-title">
    <h2 id="now-title" class="hidden">What happens now</h2>
    ${run.because !== undefined && html`<p class="because">${run.because}</p>`}
    ${run.codes !== undefined && html`<p class="code">${run.since !== undefined && `halted at ${clockTime(run.since)} · `}code <code>${run.codes.join(', ')}</code></p>`}
    ${run.remedies?.map((words) => html`<p class="remedy" key=${words}>To do: ${words}</p>`)}
    ${run.choices !== undefined && html`<p class="choices">${run.choices}</p>`}
    ${left !== null && html`<p class="left">${left}</p>`}
    <dl>
      <${Line} word=${run.still ? 'at' : 'now'}>${first === null ? 'no step is under way' : html`<${Lead} step=${first} now=${now} still=${run.still} />`}${others > 0 && html`<span class="muted">${run.still ? '; ' : ' '}and ${others} more</span>`}</${Line}>
      ${run.stand === undefined ? html`<${StepWaits} run=${run} />` : html`<${RunWaits} stand=${run.stand} now=${now} />`}
      <${Line} word="then">${run.next ?? html`<span class="muted">nothing more: the run ends</span>`}</${Line}>
    </dl>
  </section>`;
}

/** It is the run as a whole that waits: for somebody, mostly. */
function RunWaits({ stand, now }) {
  return html`
    <${Line} word="waiting">${stand.waiting}${stand.since !== undefined && html` <span class="muted">since ${clockTime(stand.since)}, for ${duration(now - Date.parse(stand.since))}</span>`}</${Line}>
    <${Line} word="until">${stand.until}</${Line}>`;
}

function StepWaits({ run }) {
  const { first } = run.now;
  const isSaid = first === null && run.because !== undefined;
  const until =
    first?.until === undefined
      ? html`<span class="muted">${isSaid ? 'as it says above' : 'no deadline runs'}</span>`
      : `${clockTime(first.until)}${first.onDeadline === undefined ? '' : `, ${first.onDeadline}`}`;
  return html`
    <${Line} word=${first?.state === 'blocked' ? 'blocked' : 'waiting'}>${first?.waiting ?? html`<span class="muted">${isSaid ? 'as it says above' : (seeing[first?.state] ?? 'for nothing')}</span>`}</${Line}>
    <${Line} word="until">${until}</${Line}>`;
}

/** What an active step without a reason to wait is at. */
const seeing = { acting: 'for the answer', waiting: 'to see what came of it' };

function Line({ word, children }) {
  return html`<div class="line"><dt>${word}</dt><dd>${children}</dd></div>`;
}

function Lead({ step, now, still }) {
  return html`${step.text}${still && step.waiting !== undefined && `; last seen: ${step.waiting}`}${!still && step.since !== undefined && html` <span class="muted">for ${duration(now - Date.parse(step.since))}</span>`}`;
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
  const title = titleOf(group, run).toLowerCase();
  return html`<div class="step-group">
    <h3>${titleOf(group, run)} <span class="muted">${count}</span></h3>
    <ol>
      ${shown.map((step) => html`<${Step} key=${step.id} step=${step} still=${run.still || run.ended} now=${now} />`)}
    </ol>
    ${count > few && html`<button type="button" class="quiet" aria-expanded=${all} onClick=${() => setAll(!all)}>${all ? `Show fewer of ${title}` : `Show ${needed - few} more of ${title}`}</button>`}
    ${all && count > LISTED_MAX && html`<p class="muted">${count - LISTED_MAX} more are in the plan as text.</p>`}
  </div>`;
}

/** A run that stands or has ended has nothing under way. */
function titleOf({ name, title }, run) {
  if (run.ended) return { underWay: 'Not finished', next: 'Not begun', done: 'Done' }[name];
  return name === 'underWay' && run.still ? 'Stands still at' : title;
}

function Step({ step, still, now }) {
  const active = step.state === 'acting' || step.state === 'waiting' || step.state === 'blocked';
  const times = [
    ...(active && !still && step.since !== undefined
      ? [`for ${duration(now - Date.parse(step.since))}`]
      : []),
    ...(step.until === undefined ? [] : [`until ${clockTime(step.until)}`]),
  ].join(', ');
  return html`<li class="step ${step.state} ${step.kind}">
    <span class="sign" aria-hidden="true">${step.sign}</span>
    <div class="what"><span class="hidden">${step.state}: </span>${step.text}${step.note !== '' && html` <span class="muted note">${step.note}</span>`}
      ${step.waiting !== undefined && html`<span class="wait">${still ? 'last seen: ' : ''}${step.state === 'blocked' ? 'blocked: ' : ''}${step.waiting}</span>`}
      ${times !== '' && html`<span class="muted times">${times}</span>`}
      ${step.kind === 'switchover' && html`<details class="why"><summary>why</summary>${step.why}</details>`}
    </div>
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

/** By the sequence of an act: what came of it, where that is not plainly what was asked for. */
function outcomesOf(entries) {
  const acts = new Map();
  const outcomes = new Map();
  for (const { step, sort, sequence, outcome } of entries) {
    if (sort === 'act') acts.set(step, sequence);
    if (outcome !== undefined && acts.has(step)) outcomes.set(acts.get(step), outcome);
  }
  return outcomes;
}

export function Events({ entries, lost }) {
  const [filter, setFilter] = useState('changes');
  const [aloud, setAloud] = useState(false);
  const outcomes = outcomesOf(entries);
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
          <span class="text">${entry.words}${outcomes.has(entry.sequence) && html` <strong class="outcome">${outcomes.get(entry.sequence)}</strong>`}</span>
        </li>`,
      )}
    </ol></div>
  </section>`;
}
