/**
 * The pipeline port: signed callbacks to whoever brings nodes and takes them away.
 *
 * Signed as webhooks/post-signed.ts says. The id is the same at each repetition, so that the receiver can tell a repetition
 * from a second wish.
 *
 *     surge-wanted   { key, zone, count, labels }   one node more is wanted in this zone; `count` is 1
 *     node-released  { node, providerID }           this node is empty and may be terminated
 */
import type { Clock, PipelinePort } from '../ports.ts';
import { openSignedPoster } from '../webhooks/post-signed.ts';

export type PipelineOptions = {
  /** Undefined: nobody is told. Then an autoscaler or a person brings nodes, and the run waits for them all the same. */
  readonly url?: string;
  /** Base64 key, with or without the prefix `whsec_`. Undefined: callbacks go out unsigned. */
  readonly secret?: string;
  readonly clock: Clock;
  /** Longest wait for one answer. Default 10 s. */
  readonly requestDeadlineMs?: number;
};

/** Returns the port; throws when the secret is no base64 key. */
export function connectPipeline(options: PipelineOptions): PipelinePort & { close(): Promise<void> } {
  const { url } = options;
  if (url === undefined) {
    return { wantNode: async () => {}, nodeReleased: async () => {}, close: async () => {} };
  }
  const { post, close } = openSignedPoster({ ...options, url, target: 'pipeline' });
  return {
    wantNode: ({ key, zone, labels }) =>
      post(`surge-${key}`, 'surge-wanted', { key, zone, count: 1, labels }),
    nodeReleased: ({ name, providerId }) =>
      // The provider's id is in the webhook id too: a later node may bear the same name.
      post(`released-${name}-${providerId ?? ''}`, 'node-released', {
        node: name,
        providerID: providerId ?? null,
      }),
    close,
  };
}
