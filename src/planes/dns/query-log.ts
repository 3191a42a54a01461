import { createWriteStream, type WriteStream } from 'node:fs';
import type { OnAnswered } from './answer/responder.ts';
import type { Random } from './draw/stratified.ts';
import { rcodeName, typeName } from './wire/constants.ts';
import { nameWire } from './wire/names.ts';
import { formatName } from './zone-file/text.ts';

export interface QueryLogOptions {
  readonly file: string;
  /** Part of the answers that are written, above 0 and up to 1. */
  readonly sample: number;
  readonly random?: Random;
  readonly onError: (error: Error) => void;
}

/** What may wait for a slow disk, octets; lines beyond it are counted and left out. */
const MOST_WAITING = 1_024 * 1_024;

/** A sample of the answers as JSON lines. Never delays an answer: what the disk cannot take is left out. */
export class QueryLog {
  readonly #stream: WriteStream;
  readonly #sample: number;
  readonly #random: Random;
  #left = 0;

  constructor({ file, sample, random = Math.random, onError }: QueryLogOptions) {
    // Whoever can read it knows who asks for what.
    this.#stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
    this.#stream.on('error', onError);
    this.#sample = sample;
    this.#random = random;
  }

  readonly write: OnAnswered = (query, answer, { address, transport }) => {
    if (this.#random() >= this.#sample) return;
    if (this.#stream.writableLength > MOST_WAITING || this.#stream.destroyed) {
      this.#left += 1;
      return;
    }
    const line = {
      time: new Date().toISOString(),
      client: address,
      transport,
      name: formatName(nameWire(query.name)),
      type: typeName(query.type),
      rcode: rcodeName(answer.rcode),
      answers: answer.answer.reduce((sum, { set }) => sum + set.count, 0),
      ...(query.edns === undefined ? {} : { edns: query.edns.udpSize, dnssecOk: query.edns.dnssecOk }),
      ...(this.#left === 0 ? {} : { leftOut: this.#left }),
    };
    this.#left = 0;
    this.#stream.write(`${JSON.stringify(line)}\n`);
  };

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(resolve));
  }
}
