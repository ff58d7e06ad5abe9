/** The page and its files, from this machine only: its policy lets a browser ask nobody else. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { App } from '../build-server.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Adds / and /assets/. */
export function pageRoutes(app: App): void {
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
  app.get('/', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('content-security-policy', POLICY)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(await readFile(`${folder}index.html`)),
  );
}
