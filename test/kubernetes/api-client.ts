/** Requests to an API server as its kubeconfig says: plain JSON in, plain JSON out, no retries. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { z } from 'zod';

export type ApiAnswer = { readonly status: number; readonly body: unknown };

export type ApiClient = {
  /** PATCH sends a merge patch. */
  readonly send: (method: Method, path: string, body?: unknown) => Promise<ApiAnswer>;
  readonly close: () => Promise<void>;
};

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The part of a kubeconfig that start-api-server.ts writes. */
const kubeconfigSchema = z.object({
  clusters: z.tuple([
    z.object({ cluster: z.object({ server: z.url(), 'certificate-authority-data': z.base64() }) }),
  ]),
  users: z.tuple([z.object({ user: z.object({ token: z.string() }) })]),
});

const answerLimitMs = 20_000;

/** Opens the way to the server of a kubeconfig (YAML) with one cluster, its authority, and one user with a token. */
export function openApiClient(kubeconfig: string): ApiClient {
  const { clusters, users } = kubeconfigSchema.parse(parse(kubeconfig));
  const { cluster } = clusters[0];
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
  // Few: each begins with a handshake.
  const agent = new Agent({ connect: { ca }, connections: 3 });
  const authorization = `Bearer ${users[0].user.token}`;
  return {
    async send(method, path, body) {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const answer = await request(cluster.server + path, {
        method,
        dispatcher: agent,
        headers: { authorization, accept: 'application/json', 'content-type': type },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(answerLimitMs),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, body: parsed(text) };
    },
    close: () => agent.destroy(),
  };
}

/** The same from a file, as the programs beside an API server are given it. */
export function openApiClientOf(kubeconfigFile: string): ApiClient {
  return openApiClient(readFileSync(kubeconfigFile, 'utf8'));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
