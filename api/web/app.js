/** The page: asks for the view of one fleet again and again, follows the journal of its run, and says how old what it shows is. */
import { say, useAnnouncements } from './announce.js';
import { Approval } from './approval.js';
import { OtherRuns, Start, UnderWay } from './around.js';
import { Controls } from './controls.js';
import { Keys, useKeys } from './keys.js';
import { Clusters, FleetMap } from './map.js';
import { holdHeights, positions, showMovement } from './movement.js';
import { PlanText } from './plan-text.js';
import { html, render, useEffect, useLayoutEffect, useRef, useState } from './preact.js';
import { Events, Now, Result, Steps } from './run.js';
import { ask, follow } from './server.js';
import { clockTime, duration } from './time.js';
import { Token } from './token.js';
import { verdictParts } from './verdict.js';

const POLL_MS = 1_000;
const POLL_IDLE_MS = 5_000;
/** Without an answer for this long the map is greyed: it may show what is no longer so. */
const STALE_MS = 6_000;
const ENTRIES_MAX = 2_000;

const { Bar, Verdict } = verdictParts(html);
const chosen = new URLSearchParams(location.search);

function Page({ first }) {
  const now = useNow();
  const { view, heardAt, trouble, isAnswer, needsToken, isUnknown, look } = useView(first);
  const run = view?.run ?? null;
  const { entries, lost } = useJournal(run?.id);
  const contact = contactOf({ view, heardAt, trouble, isAnswer }, now);
  const skipped = useMovement(view);
  const [message, setMessage] = useState(null);
  const [asked, setAsked] = useState(null);
  const [keysAsked, setKeysAsked] = useState(null);
  useAnnouncements(run, contact.lost);
  useTitle(view);

  const order = async (verb, comment = '') => {
    try {
      const body = {
        ...(verb === 'approve' ? { planId: run.planId } : {}),
        ...(verb === 'approve' && run.wave !== undefined ? { wave: run.wave } : {}),
        ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
      };
      const answer = await ask(`/v1/runs/${encodeURIComponent(run.id)}/${verb}`, { method: 'POST', body });
      say('alert', `Asked to ${verb}: the run is ${answer.state.replaceAll('-', ' ')}.`);
      setMessage(null);
    } catch (error) {
      say('alert', `${verb}: ${error.message}`);
      setMessage(`${verb}: ${error.message}`);
    }
    look();
  };
  const can = (verb) => run?.controls.some((control) => control.verb === verb && control.whyNot === null);
  useKeys({
    '?': () => setKeysAsked({}),
    p: () => {
      if (!can('pause')) return;
      if (run.now.first?.kind === 'switchover') setAsked({ verb: 'pause' });
      else order('pause');
    },
    A: () => can('abort') && setAsked({ verb: 'abort' }),
  });

  if (needsToken) return html`<${Token} onSaved=${look} />`;
  if (view === null) return html`<${NoView} trouble=${trouble} isUnknown=${isUnknown} />`;
  return html`
    <${Bar} fleet=${view.fleet} run=${run} live=${contact.words} lost=${contact.lost !== null}><${Keys} asked=${keysAsked} /></${Bar}>
    <main class=${contact.means?.startsWith('What is shown') ? 'old' : ''}>
      ${contact.lost !== null && html`<p class="message lost">${contact.lost.replace(/\.$/, '')}. ${contact.means}</p>`}
      ${message !== null && html`<p class="message">${message} <button type="button" class="quiet" onClick=${() => setMessage(null)}>Close</button></p>`}
      <${UnderWay} view=${view} />
      <${Verdict} run=${run} sentence=${view.sentence} now=${now} />
      ${run === null ? html`<${Start} view=${view} />` : html`<${Controls} run=${run} fleet=${view.fleet} left=${view.left} onAsk=${order} asked=${asked} />`}
      ${run !== null && html`<${Now} run=${run} left=${view.left} now=${now} />`}
      ${run !== null && html`<${Approval} run=${run} />`}
      ${run?.result !== undefined && html`<${Result} result=${run.result} />`}
      <${FleetMap} view=${view} lost=${contact.mapLost} skipped=${skipped} />
      ${run !== null && html`<${Steps} run=${run} now=${now} />`}
      ${run !== null && html`<${Events} entries=${entries} lost=${lost && !run.ended} />`}
      <${Clusters} view=${view} />
      <${OtherRuns} view=${view} />
      <${PlanText} />
    </main>
    <footer class="muted">${run !== null && html`plan <code>${run.planId.slice(0, 8)}</code>, asked for by ${run.requester}${run.approvals.length > 0 && `, approved by ${run.approvals.join('; ')}`} · `}times are UTC · <a href="/docs">HTTP interface</a></footer>
  `;
}

/** How old what is shown is: nobody answers, the fleet does not answer the server, or both do. */
function contactOf({ view, heardAt, trouble, isAnswer }, now) {
  if (view === null) return { words: '', lost: null, mapLost: null };
  if (trouble !== null || now - heardAt > STALE_MS) {
    const words = `no contact since ${clockTime(heardAt)}`;
    const what =
      trouble !== null && isAnswer ? 'The server cannot say what goes on' : 'Contact with the server is lost';
    const lost = `${what}${trouble === null ? '' : `: ${trouble}`}`;
    const means = `What is shown is as of ${clockTime(heardAt)}; the run itself may have gone on. What you press may not arrive.`;
    return { words, lost, means, mapLost: 'Not live: this is what was seen last.' };
  }
  if (view.trouble !== null) {
    const words = `fleet not seen since ${clockTime(view.seenAt)}`;
    return {
      words,
      lost: `The fleet does not answer: ${view.trouble}`,
      means: 'The run is shown as it is now, the map as it was seen last.',
      mapLost: `The fleet does not answer (${view.trouble}). This is what was seen last; the run is shown as it is now.`,
    };
  }
  // Age when it was sent, by the server's clock, and how long it has been here, by ours: the two clocks are never compared.
  const age = Date.parse(view.answeredAt) - Date.parse(view.seenAt) + (now - heardAt);
  return { words: `live, seen ${duration(age)} ago`, lost: null, mapLost: null };
}

/** No view has come yet, and here is why. */
function NoView({ trouble, isUnknown }) {
  if (isUnknown) {
    return html`<main class="no-view"><h1>There is nothing to show at this address</h1><p>${trouble}</p>
      <p><a href="/">What this server does have</a></p>
      <p class="muted">All runs, in a terminal: <code>switchyard run list</code></p></main>`;
  }
  return html`<main class="no-view"><h1>The fleet cannot be shown</h1><p>${trouble}</p>
    <p class="muted">It is asked again every few seconds. What the server itself says: <a href="/readyz">/readyz</a></p></main>`;
}

/** Shows what moved since the last view; returns how many moved unseen. */
function useMovement(view) {
  const before = useRef(new Map());
  const [skipped, setSkipped] = useState(0);
  useLayoutEffect(() => {
    const map = document.getElementById('map');
    holdHeights(map, view?.run?.ended === false);
    const moved = showMovement(map, before.current);
    if (moved > 8) setSkipped(moved - 8);
    else if (moved > 0) setSkipped(0);
    before.current = positions(map);
  }, [view]);
  return skipped;
}

function useTitle(view) {
  useEffect(() => {
    if (view === null) return;
    const { run } = view;
    document.title =
      run === null
        ? `${view.fleet}: Switchyard`
        : `${run.state.toUpperCase()} ${run.counters[0].text} switchovers, ${view.fleet}`;
  }, [view]);
}

function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** The newest view of the fleet that the address names, else of the first one. */
function useView(first) {
  const [state, setState] = useState(first);
  const wake = useRef(() => undefined);
  const isShown = useRef(first.view !== null);
  useEffect(() => {
    let timer;
    let ended = false;
    const look = async () => {
      clearTimeout(timer);
      let pauseMs = POLL_MS;
      const asked = performance.now();
      try {
        const view = await ask(await address());
        if (ended) return;
        // A big fleet is dear to look at: asking takes at most a fifth of the time.
        pauseMs =
          view.run === null || view.run.ended
            ? POLL_IDLE_MS
            : Math.max(POLL_MS, 5 * (performance.now() - asked));
        isShown.current = true;
        setState(heard(view));
      } catch (error) {
        if (ended) return;
        const failed = failure(error);
        setState((last) => ({ ...last, ...failed }));
        // The form asks once it has a token; what never was there does not come by asking.
        if (failed.needsToken || (failed.isUnknown && !isShown.current)) return;
      }
      clearTimeout(timer);
      timer = setTimeout(look, document.hidden ? POLL_IDLE_MS : pauseMs);
    };
    wake.current = look;
    const visible = () => document.hidden || look();
    document.addEventListener('visibilitychange', visible);
    timer = setTimeout(look, POLL_MS);
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', visible);
    };
  }, []);
  return { ...state, look: () => wake.current() };
}

function heard(view) {
  return { view, heardAt: Date.now(), trouble: null, isAnswer: true, needsToken: false, isUnknown: false };
}

function failure(error) {
  const status = error.problem?.status;
  return {
    trouble: error.message,
    // It is there and says what it lacks; else nobody answers at all.
    isAnswer: status !== undefined,
    needsToken: status === 401,
    isUnknown: status === 404,
  };
}

let fleet = chosen.get('fleet');

async function address() {
  const run = chosen.get('run');
  if (fleet === null && run !== null) fleet = (await ask(`/v1/runs/${encodeURIComponent(run)}`)).fleet;
  if (fleet === null) {
    const { fleets } = await ask('/v1/fleets');
    if (fleets.length === 0) throw new Error('This server has no fleet.');
    fleet = (fleets.find((known) => known.run !== null) ?? fleets[0]).name;
  }
  return `/v1/fleets/${encodeURIComponent(fleet)}${run === null ? '' : `?run=${encodeURIComponent(run)}`}`;
}

function useJournal(run) {
  const [journal, setJournal] = useState({ entries: [], lost: false });
  useEffect(() => {
    if (run === undefined) return undefined;
    const stop = new AbortController();
    let waiting = [];
    let frame = 0;
    // One drawing takes in all entries that came since the last one.
    const draw = () => {
      frame = 0;
      const came = waiting;
      waiting = [];
      setJournal((last) => ({ ...last, entries: [...last.entries, ...came].slice(-ENTRIES_MAX) }));
    };
    setJournal({ entries: [], lost: false });
    follow(run, ENTRIES_MAX, stop.signal, {
      open: () => setJournal((last) => ({ ...last, lost: false })),
      lost: () => setJournal((last) => ({ ...last, lost: true })),
      end: () => setJournal((last) => ({ ...last, lost: false })),
      entry: (entry) => {
        waiting.push(entry);
        if (frame === 0) frame = setTimeout(draw, 100);
      },
    });
    return () => {
      stop.abort();
      clearTimeout(frame);
    };
  }, [run]);
  return journal;
}

/** What the server has put into the page stays until there is something to put in its place. */
const first = await firstAnswer();
const place = document.getElementById('page');
place.textContent = '';
render(html`<${Page} first=${first} />`, place);

async function firstAnswer() {
  try {
    const view = await ask(await address());
    return heard(view);
  } catch (error) {
    return { view: null, heardAt: 0, ...failure(error) };
  }
}
