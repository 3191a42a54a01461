import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Source } from '../answer/responder.ts';
import { HEADER_SIZE } from '../wire/constants.ts';
import type { TcpOptions } from './tcp.ts';

/** Answers before other connections and UDP get their turn. */
const ANSWERS_PER_TURN = 32;
/** The length before each message (RFC 1035 section 4.2.2), octets. */
const LENGTH_SIZE = 2;
/** Between two looks at a socket that is to be closed, milliseconds; the event loop reads it meanwhile. */
const LOOK_MS = 5;
/** A client that never stops asking is left in the middle of it. */
const MOST_LOOKS = 20;

/**
 * One client. What it sends waits in its socket while answers cannot be written, so a client that never reads costs
 * one chunk and is cut when its time is over.
 */
export class TcpConnection {
  readonly #socket: Socket;
  readonly #options: TcpOptions;
  readonly #source: Source;
  #buffer: Buffer = Buffer.alloc(0);
  #chunks = 0;
  #ended = false;
  #waiting = false;
  #deadline: NodeJS.Timeout;
  /** What is left of a reply of several messages. */
  #replies: Iterator<Buffer> | undefined;

  constructor(socket: Socket, options: TcpOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#source = { address: socket.remoteAddress ?? '', transport: 'tcp' };
    this.#deadline = this.#startDeadline();
    socket.on('data', (chunk: Buffer) => {
      this.#chunks += 1;
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#work();
    });
    socket.on('end', () => this.#finish());
    socket.on('drain', () => this.#work());
    // A client that resets is gone; 'close' follows.
    socket.on('error', () => undefined);
    socket.once('close', () => clearTimeout(this.#deadline));
  }

  /** Answers what the client has asked, be it still in the socket, then closes. */
  async drain(): Promise<void> {
    let seen = -1;
    for (let look = 0; look < MOST_LOOKS && (seen !== this.#chunks || this.#socket.isPaused()); look += 1) {
      seen = this.#chunks;
      await delay(LOOK_MS);
    }
    this.#finish();
  }

  /** Answers the whole messages that are there, then closes. */
  #finish(): void {
    this.#ended = true;
    this.#work();
  }

  /** Closes at once. */
  cut(): void {
    this.#options.counters.tcpCut += 1;
    this.#socket.destroy();
  }

  #work(): void {
    if (this.#waiting || this.#socket.writableEnded || this.#socket.destroyed) return;
    this.#socket.cork();
    const progress = this.#answerSome();
    this.#socket.uncork();
    if (progress === 'runt') return this.cut();
    if (progress === 'more') return this.#continueNextTurn();
    if (this.#ended) this.#socket.end();
    else this.#socket.resume();
  }

  #answerSome(): 'more' | 'done' | 'runt' {
    for (let answered = 0; answered < ANSWERS_PER_TURN && !this.#socket.writableNeedDrain; answered += 1) {
      if (this.#sendNextReply()) continue;
      if (this.#buffer.length < LENGTH_SIZE) return 'done';
      const length = this.#buffer.readUInt16BE(0);
      if (length < HEADER_SIZE) return 'runt';
      if (this.#buffer.length < LENGTH_SIZE + length) return 'done';
      this.#answer(this.#buffer.subarray(LENGTH_SIZE, LENGTH_SIZE + length));
      this.#buffer = this.#buffer.subarray(LENGTH_SIZE + length);
    }
    return 'more';
  }

  #answer(message: Buffer): void {
    this.#restartDeadline();
    const reply = this.#options.respond(message, this.#source);
    if (reply === undefined) return;
    if (Buffer.isBuffer(reply)) return this.#send(reply);
    this.#replies = reply[Symbol.iterator]();
  }

  #send(response: Buffer): void {
    const framed = Buffer.allocUnsafe(LENGTH_SIZE + response.length);
    framed.writeUInt16BE(response.length, 0);
    response.copy(framed, LENGTH_SIZE);
    this.#socket.write(framed);
  }

  /** A zone transfer has many messages, which take their turns like answers. False when there is none to send. */
  #sendNextReply(): boolean {
    const next = this.#nextReply();
    if (next === undefined || next.done) {
      this.#replies = undefined;
      return false;
    }
    this.#restartDeadline();
    this.#send(next.value);
    return true;
  }

  /** A transfer is made while it is sent; a fault of ours in it ends this connection, not the server for everybody else. */
  #nextReply(): IteratorResult<Buffer> | undefined {
    try {
      return this.#replies?.next();
    } catch (error) {
      const { counters, onError } = this.#options;
      counters.internalErrors += 1;
      onError(error instanceof Error ? error : new Error(String(error)));
      this.#buffer = Buffer.alloc(0);
      this.#socket.destroy();
      return undefined;
    }
  }

  #restartDeadline(): void {
    clearTimeout(this.#deadline);
    this.#deadline = this.#startDeadline();
  }

  #continueNextTurn(): void {
    this.#socket.pause();
    // 'drain' goes on.
    if (this.#socket.writableNeedDrain) return;
    this.#waiting = true;
    setImmediate(() => {
      this.#waiting = false;
      this.#work();
    });
  }

  #startDeadline(): NodeJS.Timeout {
    return setTimeout(() => this.cut(), this.#options.limits.messageMs);
  }
}
