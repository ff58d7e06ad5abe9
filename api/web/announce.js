/** The two live regions: they only say, the page shows. Ages and progress never announce. */
import { useEffect, useRef } from './preact.js';

const STATUS_EVERY_MS = 10_000;

/** Puts a sentence into a live region: `status` or `alert`. */
export function say(where, text) {
  document.getElementById(where).textContent = text;
}

/** Status: what changed, at most a sentence in ten seconds, the newest wins. Alert: what somebody has to know at once. */
export function useAnnouncements(run, trouble) {
  useStatus(run?.verdict, run?.ended === true);
  const unplanned = run?.counters.find((counter) => counter.name === 'unplanned');
  useEffect(() => {
    if (unplanned?.loud) say('alert', run.verdict);
  }, [unplanned?.text]);
  // After what is unplanned: when a run has halted over it, this says both.
  useEffect(() => {
    if (run?.state === 'halted') say('alert', `${run.verdict} ${run.because ?? ''}`);
    if (run?.state === 'expired') say('alert', run.verdict);
  }, [run?.state]);
  useEffect(() => {
    if (trouble !== null) say('alert', trouble);
  }, [trouble]);
}

function useStatus(verdict, atOnce) {
  const said = useRef({ verdict: undefined, at: 0 });
  useEffect(() => {
    if (verdict === undefined || verdict === said.current.verdict) return undefined;
    // What is there when the page opens is read as part of the page.
    if (said.current.verdict === undefined) {
      said.current = { verdict, at: 0 };
      return undefined;
    }
    const wait = atOnce ? 0 : Math.max(0, said.current.at + STATUS_EVERY_MS - Date.now());
    const timer = setTimeout(() => {
      said.current = { verdict, at: Date.now() };
      say('status', verdict);
    }, wait);
    return () => clearTimeout(timer);
  }, [verdict, atOnce]);
}
