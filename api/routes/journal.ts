/** The journal of a run as it is stored, for programs that decide again what was decided; people read its events. */
import type { App } from '../app.ts';
import type { Dependencies } from '../dependencies.ts';
import { document, idParameter, journalPart, problem } from '../schemas.ts';
import { knownRun } from '../shown-run.ts';

/** Adds GET /v1/runs/{id}/journal. */
export function journalRoutes(app: App, deps: Dependencies): void {
  app.get(
    '/v1/runs/:id/journal',
    {
      schema: {
        summary: 'The journal of a run as it is stored, part by part',
        description:
          'Entries after the sequence number `after`, at most `limit`; fewer are the end of it so far.',
        tags: ['runs'],
        params: idParameter,
        querystring: journalPart,
        response: { 200: document, 404: problem },
      },
    },
    async (request) => {
      const { after, limit } = request.query;
      const { id, planId } = await knownRun(deps, request.params.id);
      return { run: id, planId, entries: await deps.runs.readJournal(id, after, limit) };
    },
  );
}
