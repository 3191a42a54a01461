import type { FastifyReply } from 'fastify';

const HEARTBEAT = ': alive\n\n';

/**
 * Server-sent events (WHATWG HTML, section 9.2) to one client. Begins with the first event, so that a failure before it is
 * still an ordinary answer. A client that reads slowly gets the newest event, not all that it missed, and is cut off
 * when it has read nothing between two heartbeats.
 */
export class EventStream {
  readonly #reply: FastifyReply;
  readonly #closed = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;
  #begun = false;
  #waiting: string | undefined;
  #stuckBeats = 0;

  constructor(reply: FastifyReply, heartbeatMs: number) {
    this.#reply = reply;
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs).unref();
    reply.raw.once('close', () => this.#stop());
    reply.raw.on('drain', () => this.#flush());
  }

  /** Aborts when the client has gone or the stream was closed. */
  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  get begun(): boolean {
    return this.#begun;
  }

  send(event: string, data: unknown): void {
    if (this.signal.aborted) return;
    if (!this.#begun) this.#begin();
    this.#waiting = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    if (!this.#reply.raw.writableNeedDrain) this.#flush();
  }

  /** Ends the answer. Twice is the same as once. */
  close(): void {
    if (this.signal.aborted) return;
    this.#flush();
    this.#stop();
    if (this.#begun) this.#reply.raw.end();
  }

  #stop(): void {
    clearInterval(this.#heartbeat);
    this.#closed.abort();
  }

  #begin(): void {
    this.#begun = true;
    this.#reply.hijack();
    const { raw } = this.#reply;
    for (const [name, value] of Object.entries(this.#reply.getHeaders())) {
      if (value !== undefined) raw.setHeader(name, value);
    }
    // The last one asks nginx not to hold events back.
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  }

  #flush(): void {
    this.#stuckBeats = 0;
    if (this.#waiting === undefined || this.signal.aborted) return;
    const text = this.#waiting;
    this.#waiting = undefined;
    this.#reply.raw.write(text);
  }

  #beat(): void {
    if (!this.#begun) return;
    if (!this.#reply.raw.writableNeedDrain) {
      this.#reply.raw.write(HEARTBEAT);
      return;
    }
    this.#stuckBeats += 1;
    if (this.#stuckBeats > 1) this.#reply.raw.destroy();
  }
}
