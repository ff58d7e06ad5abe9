/** Keys: p pauses, Shift+A opens the abort dialog, ? shows them. They can be turned off (WCAG 2.1.4). */
import { html, useEffect, useRef, useState } from './preact.js';

const OFF = 'switchyard-keys-off';
/** Where keys write or choose. A box to tick takes the space bar only. */
const typing = 'input:not([type=checkbox]), select, textarea, [contenteditable]';

/** Calls `on[key]` for the keys of this page, but not while somebody types or a dialog is open. */
export function useKeys(on) {
  const latest = useRef(on);
  latest.current = on;
  useEffect(() => {
    const pressed = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (document.querySelector('dialog[open]') !== null || typesInto(event.target)) return;
      if (event.key !== '?' && localStorage.getItem(OFF) !== null) return;
      const act = latest.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', pressed);
    // From here on the script answers; until then the page is what the server sent.
    document.body.dataset.script = 'ready';
    return () => removeEventListener('keydown', pressed);
  }, []);
}

/** A dialog just closed keeps the focus until the next drawing (HTML, "focus fixup"): nobody types into it any more. */
function typesInto(target) {
  return target.closest?.(typing) && target.closest('dialog') === null;
}

/** The button that shows the keys, and its dialog. `asked`: a new object each time the key was pressed. */
export function Keys({ asked }) {
  const dialog = useRef(null);
  const [on, setOn] = useState(localStorage.getItem(OFF) === null);
  useEffect(() => {
    if (asked !== null && dialog.current.open === false) dialog.current.showModal();
  }, [asked]);
  const turn = (event) => {
    const wanted = event.currentTarget.checked;
    if (wanted) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, '1');
    setOn(wanted);
  };
  return html`<button type="button" class="quiet keys" aria-label="Keys" aria-keyshortcuts="?" onClick=${() => dialog.current.showModal()}><kbd aria-hidden="true">?</kbd></button>
    <dialog ref=${dialog} aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl class="key-list">
        <div><dt><kbd>p</kbd></dt><dd>pause the run; asks first while a switchover is under way</dd></div>
        <div><dt><kbd>Shift</kbd> <kbd>A</kbd></dt><dd>abort, after the name of the fleet was typed</dd></div>
        <div><dt><kbd>?</kbd></dt><dd>these keys</dd></div>
        <div><dt><kbd>Esc</kbd></dt><dd>close a dialog; nothing is done</dd></div>
      </dl>
      <p><label><input type="checkbox" checked=${on} onChange=${turn} /> single keys are on</label></p>
      <div class="buttons"><button type="button" onClick=${() => dialog.current.close()}>Close</button></div>
    </dialog>`;
}
