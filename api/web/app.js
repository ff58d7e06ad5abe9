/** The page: asks for the view of one fleet again and again, follows the journal of its run, and says how old what it shows is. */
import { Clusters, FleetMap } from './map.js';
import { positions, showMovement } from './movement.js';
import { html, render, useEffect, useLayoutEffect, useRef, useState } from './preact.js';
import { Controls, Events, Now, Steps, Verdict } from './run.js';
import { ask, follow, saveToken } from './server.js';
import { clockTime, duration } from './time.js';

const POLL_MS = 1_000;
const POLL_IDLE_MS = 5_000;
/** Without an answer for this long the map is greyed: it may show what is no longer so. */
const STALE_MS = 6_000;
const ENTRIES_MAX = 2_000;

const chosen = new URLSearchParams(location.search);

function Page() {
  const now = useNow();
  const { view, heardAt, trouble, needsToken, look } = useView();
  const run = view?.run ?? null;
  const { entries, lost } = useJournal(run?.id);
  const stale = view !== null && (trouble !== null || now - heardAt > STALE_MS);
  const before = useRef(new Map());
  const [skipped, setSkipped] = useState(0);

  useLayoutEffect(() => {
    const map = document.getElementById('map');
    const moved = showMovement(map, before.current);
    if (moved > 8) setSkipped(moved - 8);
    else if (moved > 0) setSkipped(0);
    before.current = positions(map);
  }, [view]);
  useAnnouncements(run, stale, trouble);
  useEffect(() => {
    if (view === null) return;
    document.title =
      run === null
        ? `${view.fleet}: Switchyard`
        : `${run.state.toUpperCase()} ${run.counters[0].text} switchovers, ${view.fleet}`;
  }, [view]);

  const order = async (verb) => {
    try {
      const body = verb === 'approve' ? { planId: run.planId } : {};
      await ask(`/v1/runs/${encodeURIComponent(run.id)}/${verb}`, { method: 'POST', body });
    } catch (error) {
      say('alert', `${verb}: ${error.message}`);
      alertBox(`${verb}: ${error.message}`);
    }
    look();
  };
  const [message, alertBox] = useState(null);

  if (needsToken) return html`<${Token} onSaved=${look} />`;
  if (view === null) return html`<p class="loading">${trouble ?? 'Looking at the fleet.'}</p>`;
  return html`
    <header class="bar">
      <a class="brand" href="/"><span aria-hidden="true">◆</span> Switchyard</a>
      <nav aria-label="Fleet and run"><span class="fleet">${view.fleet}</span>${run !== null && html`<span class="muted"> › </span><span class="run-id">${run.id}</span> <span class="badge ${run.state}">${run.state.replaceAll('-', ' ')}</span>`}</nav>
      <span class="live ${stale ? 'lost' : ''}">${liveWords(view, heardAt, now, stale)}</span>
    </header>
    <main>
      ${message !== null && html`<p class="message">${message} <button type="button" class="quiet" onClick=${() => alertBox(null)}>Close</button></p>`}
      <${Verdict} view=${view} now=${now} />
      ${run !== null && html`<${Controls} run=${run} fleet=${view.fleet} onAsk=${order} />`}
      ${run !== null && html`<${Now} run=${run} now=${now} />`}
      <${FleetMap} view=${view} stale=${stale} />
      ${skipped > 0 && html`<p class="muted skipped">${skipped} more moved at the same time</p>`}
      ${run !== null && html`<${Steps} run=${run} now=${now} />`}
      ${run !== null && html`<${Events} entries=${entries} lost=${lost && !run.ended} />`}
      <${Clusters} clusters=${view.clusters} />
    </main>
    <footer class="muted">${run !== null && html`plan <code>${run.planId.slice(0, 8)}</code>, asked for by ${run.requester}${run.approvals.length > 0 && `, approved by ${run.approvals.join('; ')}`} · `}times are UTC · <a href="/docs">HTTP interface</a></footer>
  `;
}

function liveWords(view, heardAt, now, stale) {
  if (stale) return `no contact since ${clockTime(heardAt)}`;
  // Age when it was sent, by the server's clock, and how long it has been here, by ours: the two clocks are never compared.
  const age = Date.parse(view.answeredAt) - Date.parse(view.seenAt) + (now - heardAt);
  return `live, seen ${duration(age)} ago`;
}

function Token({ onSaved }) {
  const [token, setToken] = useState('');
  const save = (event) => {
    event.preventDefault();
    saveToken(token.trim());
    onSaved();
  };
  return html`<main class="token"><h1>Switchyard</h1>
    <form onSubmit=${save}>
      <label>Your token <input type="password" value=${token} onInput=${(event) => setToken(event.currentTarget.value)} autocomplete="current-password" /></label>
      <button type="submit" disabled=${token.trim() === ''}>Show the fleet</button>
    </form></main>`;
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
function useView() {
  const [state, setState] = useState({ view: null, heardAt: 0, trouble: null, needsToken: false });
  const wake = useRef(() => undefined);
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
        setState({ view, heardAt: Date.now(), trouble: null, needsToken: false });
      } catch (error) {
        if (ended) return;
        setState((last) => ({ ...last, trouble: error.message, needsToken: error.problem?.status === 401 }));
      }
      clearTimeout(timer);
      timer = setTimeout(look, document.hidden ? POLL_IDLE_MS : pauseMs);
    };
    wake.current = look;
    const visible = () => document.hidden || look();
    document.addEventListener('visibilitychange', visible);
    look();
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', visible);
    };
  }, []);
  return { ...state, look: () => wake.current() };
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
    follow(run, stop.signal, {
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

/** Status: what changed, at most a sentence in ten seconds. Alert: what somebody has to know at once. */
function useAnnouncements(run, stale, trouble) {
  const last = useRef({ verdict: '', at: 0 });
  useEffect(() => {
    if (run === null || run.verdict === last.current.verdict) return;
    if (Date.now() - last.current.at < 10_000 && !run.ended) return;
    last.current = { verdict: run.verdict, at: Date.now() };
    say('status', run.verdict);
  }, [run]);
  useEffect(() => {
    if (run?.state === 'halted') say('alert', `${run.verdict} ${run.because ?? ''}`);
  }, [run?.state]);
  const unplanned = run?.counters.find((counter) => counter.name === 'unplanned');
  useEffect(() => {
    if (unplanned?.loud) say('alert', `${unplanned.text} unplanned role changes`);
  }, [unplanned?.text]);
  useEffect(() => {
    if (stale) say('alert', `Contact with the server is lost${trouble === null ? '' : `: ${trouble}`}`);
  }, [stale]);
}

function say(where, text) {
  document.getElementById(where).textContent = text;
}

render(html`<${Page} />`, document.getElementById('page'));
