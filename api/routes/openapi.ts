/** The API's description of itself: the OpenAPI document, and the same as a page to read. */
import { z } from 'zod';
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

/** What is shown of an operation. The document's own type leaves open what an operation is, so it is read anew. */
const operationShown = z.object({
  tags: z.array(z.string()).default([]),
  summary: z.string().default(''),
  requestBody: z
    .object({ content: z.object({ 'application/json': z.object({ schema: z.unknown() }) }) })
    .optional(),
});
const bodyShown = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
  anyOf: z.array(z.unknown()).default([]),
});
type Shown = { readonly part: string; readonly summary: string; readonly body: string };

function described(operation: unknown): Shown {
  const read = operationShown.safeParse(operation);
  if (!read.success) return { part: '', summary: '', body: '' };
  const { tags, summary, requestBody } = read.data;
  return { part: tags[0] ?? '', summary, body: fieldsOf(requestBody?.content['application/json'].schema) };
}

/** E.g. `planId, approvals?`; of a body that may be left out, the fields that it may have. */
function fieldsOf(schema: unknown): string {
  const body = bodyShown.safeParse(schema);
  if (!body.success) return '';
  const { properties, required, anyOf } = body.data;
  const own = Object.keys(properties).map((field) => (required.includes(field) ? field : `${field}?`));
  return [...own, ...anyOf.map(fieldsOf).filter((fields) => fields !== '')].join(', ');
}

function row(method: string, path: string, { part, summary, body }: Shown): string {
  const fields = body === '' ? '' : `. Body: <code>${escaped(body)}</code>`;
  const cells = [
    escaped(part),
    method.toUpperCase(),
    `<code>${escaped(path)}</code>`,
    escaped(summary) + fields,
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
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
<code>application/problem+json</code> with a stable <code>code</code>. Bodies are JSON; a field with <code>?</code> may be left out.</p>
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
