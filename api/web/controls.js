/** What a person can do with a run. What cannot be taken back is asked once more, in a dialog that says what it does. */
import { html, useEffect, useRef, useState } from './preact.js';

const asksFirst = ['abort', 'approve', 'reject'];

/** `asked`: a dialog that a key has asked for, `{ verb }`; a new object each time. `onAsk(verb, comment)`: it was decided. */
export function Controls({ run, fleet, left, onAsk, asked }) {
  const dialogs = { abort: useRef(null), pause: useRef(null), approve: useRef(null), reject: useRef(null) };
  const [typed, setTyped] = useState('');
  const open = (verb) => {
    setTyped('');
    const dialog = dialogs[verb].current;
    if (dialog?.open === false) dialog.showModal();
  };
  useEffect(() => {
    if (asked !== null) open(asked.verb);
  }, [asked]);
  const section = useRef(null);
  const isWithin = useRef(false);
  const verbs = run.controls.map(({ verb }) => verb).join();
  useEffect(() => {
    // The button that had the focus is gone once its verb was carried out; whoever has no mouse would begin at the top of the page.
    if (isWithin.current && document.activeElement === document.body) section.current?.focus();
  }, [verbs]);
  if (run.controls.length === 0) return null;
  const decide = (verb, comment) => {
    dialogs[verb].current.close();
    onAsk(verb, comment);
  };
  const shown = { run, fleet, left, typed, onTyped: setTyped, onDecide: decide };
  const reasons = run.controls.filter((control) => control.whyNot !== null);
  return html`<section class="controls" aria-label="Controls of the run" tabindex="-1" ref=${section}
    onfocusin=${() => {
      isWithin.current = true;
    }}
    onfocusout=${({ relatedTarget }) => {
      // Nobody gets it where the button has gone.
      isWithin.current = relatedTarget === null || section.current?.contains(relatedTarget);
    }}>
    ${run.controls.map(
      (control) =>
        html`<button type="button" key=${control.verb} class=${control.verb} disabled=${control.whyNot !== null}
          aria-keyshortcuts=${{ pause: 'p', abort: 'Shift+A' }[control.verb]}
          aria-describedby=${control.whyNot === null ? undefined : `why-not-${control.verb}`}
          onClick=${() => (asksFirst.includes(control.verb) ? open(control.verb) : onAsk(control.verb))}>${control.label}</button>`,
    )}
    ${reasons.map((control) => html`<p class="why-not" id=${`why-not-${control.verb}`}>${control.whyNot}</p>`)}
    <${Abort} ...${shown} dialog=${dialogs.abort} />
    <${Pause} ...${shown} dialog=${dialogs.pause} />
    <${Approve} ...${shown} dialog=${dialogs.approve} />
    <${Reject} ...${shown} dialog=${dialogs.reject} />
  </section>`;
}

/** A dialog with a form: its title, what it does, a way out, and the act. */
function Ask({ verb, title, stay, act, ready = true, dialog, onDecide, comment, children }) {
  const submit = (event) => {
    event.preventDefault();
    if (ready) onDecide(verb, comment);
  };
  return html`<dialog ref=${dialog} aria-labelledby=${`${verb}-title`}>
    <form onSubmit=${submit}>
      <h2 id=${`${verb}-title`}>${title}</h2>
      ${children}
      <div class="buttons">
        <button type="button" onClick=${() => dialog.current.close()}>${stay}</button>
        <button type="submit" class=${verb} disabled=${!ready}>${act}</button>
      </div>
    </form>
  </dialog>`;
}

function Abort({ run, fleet, left, typed, onTyped, dialog, onDecide }) {
  const { first, others } = run.now;
  const underWay =
    first === null || run.still
      ? 'No act is under way.'
      : `What is under way is finished first: ${first.text}${others > 0 ? ` and ${others} more` : ''}.`;
  return html`<${Ask} verb="abort" title=${`Abort run ${run.id}?`} stay=${run.still ? 'Leave it as it is' : 'Keep running'} act="Abort" ready=${typed === fleet} dialog=${dialog} onDecide=${onDecide}>
    <p>${underWay} ${run.still ? 'Fences' : 'Then fences'} and cordons of this run are taken off; those of others stay.</p>
    <p>What is done stays done. Nothing is moved back.</p>
    ${left !== null && html`<p>${left}</p>`}
    <label>Type <strong>${fleet}</strong> to abort
      <input value=${typed} onInput=${(event) => onTyped(event.currentTarget.value)} autocomplete="off" autocapitalize="off" spellcheck="false" />
    </label>
  </${Ask}>`;
}

function Pause({ run, dialog, onDecide }) {
  return html`<${Ask} verb="pause" title=${`Pause run ${run.id}?`} stay="Keep running" act="Pause" dialog=${dialog} onDecide=${onDecide}>
    <p>A switchover is under way. It is finished first; then no new act is begun.</p>
  </${Ask}>`;
}

function Approve({ run, fleet, typed, onTyped, dialog, onDecide }) {
  const button = run.controls.find((control) => control.verb === 'approve');
  if (button === undefined) return null;
  const rows = run.approval?.rows ?? [];
  return html`<${Ask} verb="approve" title=${`${button.label} on ${fleet}?`} stay="Not yet" act="Approve" comment=${typed} dialog=${dialog} onDecide=${onDecide}>
    <dl class="request">${rows.map((row) => html`<div key=${row.name}><dt>${row.name}</dt><dd>${row.words}</dd></div>`)}</dl>
    <p>The run begins as soon as it is approved. Pause and Abort stop it before its next act.</p>
    <${Comment} words="Comment, if you like" typed=${typed} onTyped=${onTyped} />
  </${Ask}>`;
}

function Reject({ run, typed, onTyped, dialog, onDecide }) {
  return html`<${Ask} verb="reject" title=${`Reject run ${run.id}?`} stay="Not yet" act="Reject" comment=${typed} dialog=${dialog} onDecide=${onDecide}>
    <p>The run ends, and nothing is touched. Its plan can be started anew.</p>
    <${Comment} words=${`Reason, if you like; ${run.requester} reads it`} typed=${typed} onTyped=${onTyped} />
  </${Ask}>`;
}

function Comment({ words, typed, onTyped }) {
  return html`<label>${words}
    <input value=${typed} maxlength="2000" onInput=${(event) => onTyped(event.currentTarget.value)} autocomplete="off" />
  </label>`;
}
