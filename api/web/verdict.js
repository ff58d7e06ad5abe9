/**
 * The first thing to be seen: header, verdict, counters. Written once for both: the server puts it into the HTML as text, the
 * page draws it anew each second. So nothing here asks the browser, and `html` is given by whoever draws.
 */
import { clockTime, duration } from './time.js';

/** The components, drawn with that `html`. */
export function verdictParts(html) {
  function Bar({ fleet, run, live = '', lost = false, children }) {
    return html`<header class="bar">
      <a class="brand" href="/"><span aria-hidden="true">◆</span> Switchyard</a>
      <nav aria-label="Fleet and run">
        <a class="fleet" href=${`/?fleet=${encodeURIComponent(fleet)}`}>${fleet}</a>
        ${run !== null && html`<span class="muted" aria-hidden="true"> › </span><span class="run-id">${run.id}</span> <span class=${`badge ${run.state}`}>${run.state.replaceAll('-', ' ')}</span>`}
      </nav>
      <span class=${`live ${lost ? 'lost' : ''}`}>${live}</span>
      ${children}
    </header>`;
  }

  function Verdict({ run, sentence, now }) {
    if (run === null) {
      return html`<section class="verdict" id="verdict" tabindex="-1"><h1>${sentence}</h1></section>`;
    }
    return html`<section class="verdict" id="verdict" tabindex="-1">
      <h1><span class=${`state ${run.state}`}>${run.verdict}</span></h1>
      <p class="promise">${run.ended && run.promisedFirst === undefined ? 'The plan was: ' : ''}${run.promise} <a href=${`/v1/plans/${run.planId}/explain`} data-plan=${run.planId}>The plan as text</a></p>
      ${run.promisedFirst !== undefined && html`<p class="promise">${run.promisedFirst}</p>`}
      ${run.unplanned.map((words) => html`<p key=${words} class="unplanned">${words}</p>`)}
      <dl class="counters">
        ${run.counters.map(
          (
            counter,
          ) => html`<div key=${counter.name} class=${`counter ${counter.name === 'unplanned' ? 'capitals' : ''} ${counter.loud ? 'loud' : ''}`}>
            <dt>${counter.name}</dt>
            <dd><strong>${counter.text}</strong>${counter.note !== undefined && html` <span class="muted">${counter.note}</span>`}
              ${counter.marks !== undefined && html`<${Marks} marks=${counter.marks} />`}</dd>
          </div>`,
        )}
      </dl>
      <${Progress} run=${run} now=${now} />
    </section>`;
  }

  /** One mark for each role change that naive would cost: done, still planned, or never to happen. */
  function Marks({ marks }) {
    const { done, planned, naive } = marks;
    const kinds = Array.from({ length: Math.max(done, planned, naive) }, (_, at) =>
      at < done ? 'done' : at < planned ? 'planned' : 'avoided',
    );
    return html`<span class="marks" aria-hidden="true">${kinds.map((kind, at) => html`<i key=${at} class=${kind}></i>`)}</span>`;
  }

  function Progress({ run, now }) {
    return html`<div class="progress">
      <progress max=${run.steps.total} value=${run.steps.done} aria-label="Steps done"></progress>
      <span class="muted">${ends(run, now)}</span>
    </div>`;
  }

  return { Bar, Verdict };
}

function ends(run, now) {
  if (run.ended && run.endedAt !== undefined) {
    const took =
      run.startedAt === undefined
        ? ''
        : `, took ${duration(Date.parse(run.endedAt) - Date.parse(run.startedAt))}`;
    return `ended ${clockTime(run.endedAt)}${took}`;
  }
  if (run.still || (run.stand !== undefined && run.startedAt !== undefined)) return 'stands still';
  if (run.expectedEnd === undefined) return 'has not started';
  const overdue = now > Date.parse(run.expectedEnd.p95) ? ' (overdue)' : '';
  return `ends about ${clockTime(run.expectedEnd.p50)}, 19 of 20 by ${clockTime(run.expectedEnd.p95)}${overdue}`;
}
