/** The OpenAPI document as it is sent: errors under the media type that they really have, statuses in words. */
import { STATUS_CODES } from 'node:http';
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';

type Transform = typeof jsonSchemaTransformObject;
type Operation = { readonly responses?: Record<string, Answer> };
type Answer = { description?: string; content?: Record<string, unknown> };

/** The document with the components of zod, told per status what is sent. */
export const describedRoutes: Transform = (document) => {
  const described = jsonSchemaTransformObject(document);
  const paths = 'paths' in described ? (described.paths ?? {}) : {};
  for (const methods of Object.values(paths)) {
    for (const operation of Object.values<Operation>(methods ?? {})) {
      for (const [status, answer] of Object.entries(operation?.responses ?? {}))
        describeAnswer(status, answer);
    }
  }
  return described;
};

function describeAnswer(status: string, answer: Answer): void {
  answer.description = STATUS_CODES[status] ?? status;
  const [body] = Object.values(answer.content ?? {});
  if (Number(status) >= 400 && body !== undefined) answer.content = { 'application/problem+json': body };
}
