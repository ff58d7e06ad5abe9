/**
 * All members' Patroni REST APIs behind one listener: member `pod` of `namespace` answers below /members/<namespace>/<pod>.
 * https://patroni.readthedocs.io/en/latest/rest_api.html
 */
import type { PatroniAnswerNow } from '../world/answers.ts';
import type { World } from '../world/world.ts';
import type { HttpRequest, Reply } from './answer.ts';
import { parseJson } from './json.ts';

/** The base URL of one member's Patroni below the listener's URL. */
export function memberUrl(patroniUrl: string, namespace: string, pod: string): string {
  return `${patroniUrl}/members/${namespace}/${pod}`;
}

/** Returns the function that answers for all members. A pod that does not run does not answer either. */
export function patroniServer(world: World): (request: HttpRequest) => Reply | Promise<Reply> {
  return (request) => {
    const match = /^\/members\/([^/]+)\/([^/]+)(\/.*)?$/.exec(request.path);
    const [, namespace, pod, rest] = match ?? [];
    if (namespace === undefined || pod === undefined) return { kind: 'no-answer' };
    const path = `${rest ?? '/'}${request.query.size === 0 ? '' : `?${request.query.toString()}`}`;
    const body = request.body === '' ? undefined : (parseJson(request.body)?.value ?? request.body);
    const asked =
      body === undefined ? { method: request.method, path } : { method: request.method, path, body };
    const answer = world.patroniRequest(namespace, pod, asked);
    switch (answer.kind) {
      case 'no-answer':
        return answer;
      case 'answer':
        return shown(request, rest ?? '/', answer);
      case 'later':
        return new Promise((resolve) => {
          answer.done((later) =>
            resolve(later.kind === 'no-answer' ? later : shown(request, rest ?? '/', later)),
          );
        });
    }
  };
}

/** Health checks that Patroni answers with a status line and nothing else. */
const bareChecks: ReadonlySet<string> = new Set(['/liveness', '/readiness']);

function shown(request: HttpRequest, path: string, answer: PatroniAnswerNow): Reply {
  if (request.method === 'OPTIONS' || request.method === 'HEAD' || bareChecks.has(path))
    return { kind: 'bare', status: answer.status };
  return {
    kind: 'answer',
    status: answer.status,
    body: answer.body,
    contentType: isErrorPage(answer.body) ? 'text/html;charset=utf-8' : answer.contentType,
    headers: { server: 'BaseHTTP/0.6 Python/3.11.2' },
  };
}

/** Pages of Python's own web server name their character set; Patroni's sentences do not. */
function isErrorPage(body: unknown): boolean {
  return typeof body === 'string' && body.startsWith('<!DOCTYPE');
}
