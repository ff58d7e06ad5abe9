/** One server-sent event, as the clients in this repository (command line, demo, tests) need it. */
export type SentEvent = { readonly id: string; readonly event: string; readonly data: string };

/** The events of a text/event-stream answer until it ends; comments (heartbeats) are left out. */
export async function* readEventStream(response: Response): AsyncIterable<SentEvent> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map<string, string>();
      for (const line of block.split('\n')) {
        const colon = line.indexOf(':');
        if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trimStart());
      }
      const sent = fields.get('data');
      if (sent !== undefined)
        yield { id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data: sent };
    }
  }
}
