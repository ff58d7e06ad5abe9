/** How the page talks to its server: requests, and the event stream with its last id. */

const TOKEN = 'switchyard-token';

export function saveToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

/** Whether this tab has a token, known to the server or not. */
export function hasToken() {
  return sessionStorage.getItem(TOKEN) !== null;
}

function headers(more) {
  const token = sessionStorage.getItem(TOKEN);
  return token === null ? more : { ...more, authorization: `Bearer ${token}` };
}

/** The answer as text. Throws like `ask`. */
export async function askText(path) {
  const answer = await fetch(path, {
    headers: headers({ accept: 'text/plain' }),
    signal: AbortSignal.timeout(10_000),
    cache: 'no-store',
  });
  if (answer.ok) return answer.text();
  const body = await answer.json();
  throw Object.assign(new Error(body.detail ?? answer.statusText), { problem: body });
}

/** The JSON answer. Throws an Error with `problem` for a problem answer, a TypeError when there is no contact. */
export async function ask(path, options = {}) {
  const sent = options.body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(path, {
    method: options.method ?? 'GET',
    headers: headers({ accept: 'application/json', ...sent }),
    signal: options.signal ?? AbortSignal.timeout(10_000),
    cache: 'no-store',
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.detail ?? answer.statusText), { problem: body });
  return body;
}

/**
 * Follows the journal of a run, its last `most` entries and those to come, until it ends or `signal` aborts. EventSource cannot send a
 * token, so the stream is read by hand; after a loss it asks again with the last id it has, and what was missed is replayed.
 */
export async function follow(run, most, signal, on) {
  let last = 0;
  let pauseMs = 500;
  while (!signal.aborted) {
    try {
      const known = last === 0 ? {} : { 'last-event-id': String(last) };
      const answer = await fetch(`/v1/runs/${encodeURIComponent(run)}/events?last=${most}`, {
        headers: headers({ accept: 'text/event-stream', ...known }),
        signal,
        cache: 'no-store',
      });
      if (!answer.ok) throw new Error(String(answer.status));
      on.open();
      pauseMs = 500;
      for await (const event of events(answer.body)) {
        if (event.name === 'end') return on.end();
        if (event.id === null) continue;
        last = Number(event.id);
        on.entry(JSON.parse(event.text));
      }
    } catch {
      if (signal.aborted) return;
    }
    on.lost();
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(pauseMs * 2, 10_000);
  }
}

async function* events(body) {
  let rest = '';
  for await (const piece of readPieces(body)) {
    rest += piece;
    const blocks = rest.split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) yield parsed(block);
  }
}

/** ReadableStream is not iterable in every browser yet. */
async function* readPieces(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function parsed(block) {
  const event = { id: null, name: 'message', text: '' };
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) event.id = line.slice(4);
    if (line.startsWith('event: ')) event.name = line.slice(7);
    if (line.startsWith('data: ')) event.text += line.slice(6);
  }
  return event;
}
