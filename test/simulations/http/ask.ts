import type { ServedWorld } from '../../../simulations/http/serve-world.ts';

export type Json = { [field: string]: unknown };

/** What came back: `body` is loose, since the tests look at single fields of many kinds. */
export type Asked = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json & { metadata: Json; spec: Json; status: Json; details: Json; message: string };
};

export type Asking = {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Sends one request to the Kubernetes API of a served world. PATCH is a merge patch unless the headers say otherwise. */
export async function ask(
  served: ServedWorld,
  method: string,
  path: string,
  { token, body, headers }: Asking = {},
): Promise<Asked> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const answer = await fetch(`${served.kubernetesUrl}${path}`, {
    method,
    headers: {
      'content-type': type,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Asked['body'] };
}
