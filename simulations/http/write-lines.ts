/** A watch on the wire: lines as they come, many at once in turns with what others ask for, and an end for who does not read them. */
import type { ServerResponse } from 'node:http';
import type { LineSink, Reply } from './answer.ts';
import type { WallClock } from './pacer.ts';
import { othersTurn, readOrClosed } from './take-turns.ts';

/**
 * A watcher that reads more slowly than things change is cut off after so long with so much unread, as a real server does
 * ("Forcing watcher close due to unresponsiveness"): what waits for it would fill the memory. It comes back at its last version.
 */
const unreadBytesMax = 16 * 1024 * 1024;
const unreadMsMax = 10_000;

/** Of many lines so many are made and written in one go. */
const linesAtOnce = 250;

/** Answers with lines until the server closes or the client leaves. */
export function writeLines(
  clock: WallClock,
  response: ServerResponse,
  reply: Extract<Reply, { kind: 'lines' }>,
): void {
  response.writeHead(200, { 'content-type': 'application/json', ...reply.headers });
  response.flushHeaders();
  reply.start(new LineWriter(clock, response));
}

class LineWriter implements LineSink {
  readonly #clock: WallClock;
  readonly #response: ServerResponse;
  #behindSinceMs: number | undefined;
  /** What was sent while many lines are being written; undefined: none are. */
  #later: Uint8Array[] | undefined;
  #laterBytes = 0;
  #hasEnded = false;

  constructor(clock: WallClock, response: ServerResponse) {
    this.#clock = clock;
    this.#response = response;
    response.on('drain', () => {
      this.#behindSinceMs = undefined;
    });
  }

  send(lines: Uint8Array): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    if (this.#later === undefined) {
      this.#write(lines);
    } else {
      this.#later.push(lines);
      this.#laterBytes += lines.length;
    }
    this.#leaveWhoDoesNotRead();
  }

  sendInTurns(lines: Iterable<string>): void {
    this.#later ??= [];
    // Whatever goes wrong with one watch ends that watch, and nothing else.
    this.#takeTurns(lines).catch((error: Error) => this.#response.destroy(error));
  }

  end(): void {
    this.#hasEnded = true;
    if (this.#later === undefined) this.#response.end();
  }

  /** The request's own 'close' comes as soon as its body has been read; only the response's tells that the watcher left. */
  onClose(listener: () => void): void {
    this.#response.once('close', listener);
  }

  async #takeTurns(lines: Iterable<string>): Promise<void> {
    let part: string[] = [];
    for (const line of lines) {
      part.push(line);
      if (part.length < linesAtOnce) continue;
      const isRead = this.#write(part.join(''));
      part = [];
      if (!isRead) await readOrClosed(this.#response);
      await othersTurn();
      if (this.#response.destroyed) return;
    }
    if (part.length > 0) this.#write(part.join(''));
    const later = this.#later ?? [];
    this.#later = undefined;
    this.#laterBytes = 0;
    for (const each of later) this.send(each);
    if (this.#hasEnded) this.#response.end();
  }

  #write(text: string | Uint8Array): boolean {
    const isRead = this.#response.write(text);
    if (!isRead) this.#behindSinceMs ??= this.#clock.nowMs();
    return isRead;
  }

  #leaveWhoDoesNotRead(): void {
    if (this.#behindSinceMs === undefined) return;
    const isTooLate = this.#clock.nowMs() - this.#behindSinceMs > unreadMsMax;
    if (isTooLate && this.#response.writableLength + this.#laterBytes > unreadBytesMax)
      this.#response.destroy();
  }
}
