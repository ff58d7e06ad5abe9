/** The page and its files, from this machine only: its policy lets a browser ask nobody else. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { z } from 'zod';
import type { App } from '../app.ts';
import { type Dependencies, LOCAL_CALLER } from '../dependencies.ts';
import type { FleetLooks } from '../fleet-looks.ts';
import { sentence } from '../fleet-view.ts';
import { html, markupOf } from '../render-html.ts';
import type { RunView } from '../run-view.ts';
import { idParameter, pageChoice } from '../schemas.ts';
import { knownRun, shownRun } from '../shown-run.ts';
import { runsView, shownOn } from './fleets.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** What stands in index.html until the first words are known. */
const PLACE = '<p class="loading">Looking at the fleet.</p>';
/** A store that answers later than this is left to the script, which says so. */
const FIRST_WORDS_MS = 500;

/** Adds / and /assets/. */
export function pageRoutes(app: App, deps: Dependencies, looks: FleetLooks): void {
  const folder = fileURLToPath(new URL('../web/', import.meta.url));
  app.register(fastifyStatic, { root: folder, prefix: '/assets/', index: false, cacheControl: false });
  // Preact, its hooks and htm in one file, as the package htm ships them.
  const preact = readFile(fileURLToPath(import.meta.resolve('htm/preact/standalone')));
  preact.catch(() => undefined);
  app.get('/assets/preact.js', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('cache-control', 'max-age=3600')
      .type('text/javascript; charset=utf-8')
      .send(await preact),
  );
  // The address under which people look for a run, from what they know of other tools.
  app.get('/runs/:id', { schema: { hide: true, params: idParameter } }, async (request, reply) =>
    reply.redirect(`/?run=${encodeURIComponent(request.params.id)}`),
  );
  app.get('/', { schema: { hide: true, querystring: pageChoice } }, async (request, reply) => {
    const page = await readFile(`${folder}index.html`, 'utf8');
    const words = await firstWords(deps, looks, request.query).catch((error: unknown) => {
      // The page is there to say what is wrong, so it comes in any case.
      request.log.debug(error);
      return undefined;
    });
    return reply
      .header('content-security-policy', POLICY)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(Buffer.from(words === undefined ? page : page.replace(PLACE, () => words)));
  });
}

type Parts = {
  readonly Bar: (shown: { fleet: string; run: RunView | null }) => unknown;
  readonly Verdict: (shown: { run: RunView | null; sentence: string; now: number }) => unknown;
};

/**
 * Header, verdict and counters as markup, from the store alone: nobody waits for a look at a fleet. Undefined where only the script
 * can say something: before anybody has shown a token, and before the first look at a fleet without a run.
 */
async function firstWords(
  deps: Dependencies,
  looks: FleetLooks,
  chosen: z.output<typeof pageChoice>,
): Promise<string | undefined> {
  if (deps.callers.length > 0) return undefined;
  const words = drawn(deps, looks, chosen);
  // Too late for the answer, an error is told by the script's own question.
  words.catch(() => undefined);
  return Promise.race([words, silenceAfter(FIRST_WORDS_MS)]);
}

async function drawn(
  deps: Dependencies,
  looks: FleetLooks,
  chosen: z.output<typeof pageChoice>,
): Promise<string | undefined> {
  const fleet = await fleetOf(deps, chosen);
  if (fleet === undefined) return undefined;
  const { run } = runsView(await shownOn(deps, fleet, chosen.run), LOCAL_CALLER);
  const look = looks.latest(fleet);
  if (run === null && look === undefined) return undefined;
  const { Bar, Verdict } = await parts();
  const shown = {
    run,
    sentence: look === undefined ? '' : sentence(look.fleet),
    now: deps.clock.nowMs(),
  };
  return `${markupOf(Bar({ fleet, run }))}<main>${markupOf(Verdict(shown))}</main>`;
}

async function fleetOf(deps: Dependencies, chosen: z.output<typeof pageChoice>): Promise<string | undefined> {
  if (chosen.fleet !== undefined) return deps.fleets.list().find((name) => name === chosen.fleet);
  if (chosen.run !== undefined) return (await knownRun(deps, chosen.run)).fleet;
  return shownRun(await deps.runs.listRuns())?.fleet ?? deps.fleets.list()[0];
}

/** The page's own file: it has no types, being made for browsers. */
async function parts(): Promise<Parts> {
  const file = new URL('../web/verdict.js', import.meta.url).href;
  const { verdictParts } = await import(file);
  return verdictParts(html);
}

function silenceAfter(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    timer.unref();
  });
}
