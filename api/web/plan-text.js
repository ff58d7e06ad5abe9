/**
 * A plan as text, in a dialog. Its links lead to the text itself, which a browser asks for without the token of this tab: so the page
 * asks, and shows what comes. Where no script runs they are plain links.
 */
import { html, useEffect, useRef, useState } from './preact.js';
import { askText } from './server.js';

/** The dialog, and what opens it: any link with `data-plan`. */
export function PlanText() {
  const dialog = useRef(null);
  const [plan, setPlan] = useState(null);
  const [shown, setShown] = useState('Asking.');
  useEffect(() => {
    const opened = (event) => {
      const link = event.target.closest?.('a[data-plan]');
      if (link === null || link === undefined) return;
      event.preventDefault();
      setShown('Asking.');
      setPlan(link.dataset.plan);
      dialog.current.showModal();
      askText(link.getAttribute('href')).then(setShown, (error) =>
        setShown(`It did not come: ${error.message}`),
      );
    };
    document.addEventListener('click', opened);
    return () => document.removeEventListener('click', opened);
  }, []);
  return html`<dialog ref=${dialog} class="plan-text" aria-labelledby="plan-text-title">
    <h2 id="plan-text-title">Plan <code>${plan}</code></h2>
    <pre tabindex="0" role="region" aria-label="The plan as text">${shown}</pre>
    <div class="buttons"><button type="button" onClick=${() => dialog.current.close()}>Close</button></div>
  </dialog>`;
}
