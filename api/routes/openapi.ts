/** The API's description of itself: the OpenAPI document, and the same as a page to read. */
import type { App } from '../app.ts';

/** Adds /openapi.json and /docs. */
export function openapiRoutes(app: App): void {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => {
    const rows = Object.entries(app.swagger().paths ?? {}).flatMap(([path, methods]) =>
      Object.entries(methods ?? {}).map(([method, operation]) => row(method, path, described(operation))),
    );
    reply.header('content-security-policy', "default-src 'none'; style-src 'self'");
    return reply.type('text/html; charset=utf-8').send(Buffer.from(docsPage(rows.join('\n'))));
  });
}

/** Part and summary of an operation; the document's own type leaves open what an operation is. */
function described(operation: unknown): { readonly part: string; readonly summary: string } {
  if (typeof operation !== 'object' || operation === null) return { part: '', summary: '' };
  const tags = 'tags' in operation && Array.isArray(operation.tags) ? operation.tags : [];
  const summary = 'summary' in operation ? operation.summary : undefined;
  return { part: String(tags[0] ?? ''), summary: typeof summary === 'string' ? summary : '' };
}

function row(method: string, path: string, operation: ReturnType<typeof described>): string {
  const cells = [operation.part, method.toUpperCase(), path, operation.summary];
  return `<tr>${cells.map((cell, column) => `<td>${column === 2 ? `<code>${escaped(cell)}</code>` : escaped(cell)}</td>`).join('')}</tr>`;
}

function docsPage(rows: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Switchyard: HTTP interface</title><link rel="stylesheet" href="/assets/style.css">
</head>
<body class="docs">
<header class="bar"><a class="brand" href="/">Switchyard</a></header>
<main>
<h1>HTTP interface</h1>
<p>The whole description, for programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1). Errors are
<code>application/problem+json</code> with a stable <code>code</code>.</p>
<div class="scroll"><table><thead><tr><th scope="col">Part</th><th scope="col">Method</th><th scope="col">Path</th><th scope="col">What it does</th></tr></thead>
<tbody>
${rows}
</tbody></table></div>
</main>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
