/** What has been read of an HTTP/1 answer. */
export type AnswerState =
  | { readonly kind: 'partial' }
  | { readonly kind: 'whole'; readonly status: number; readonly statusText: string }
  | { readonly kind: 'broken'; readonly message: string };

/** An answer's head may be as long as Node's own HTTP client takes. */
const HEAD_LIMIT_BYTES = 16 * 1024;
/** What is read of a body; the rest proves nothing more. */
const BODY_LIMIT_BYTES = 64 * 1024;

const PARTIAL: AnswerState = { kind: 'partial' };
const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/**
 * Reads the status of one answer, and when it is whole: all that a probe wants to know. Much cheaper than Node's HTTP
 * client, which counts with thousands of probes a second beside a DNS server. Memory is bounded whatever is sent.
 */
export class AnswerReader {
  #head = '';
  #final: { readonly status: number; readonly statusText: string } | undefined;
  #bodyBytes = 0;
  #bodyEnd: BodyEnd = 'close';
  /** The last octets of a chunked body. */
  #tail = '';

  /** Takes what came next over the connection. */
  add(chunk: Buffer): AnswerState {
    if (this.#final) return this.#addBody(chunk);
    this.#head += chunk.toString('latin1');
    return this.#readHead();
  }

  /** The connection was closed by the other side. */
  end(): AnswerState {
    const isWhole = this.#final && (this.#bodyEnd === 'close' || this.#tail.endsWith(HEAD_END)); // trailers end so
    return isWhole ? this.#whole() : broken('closed the connection in the middle of its answer');
  }

  #readHead(): AnswerState {
    for (;;) {
      const end = this.#head.indexOf(HEAD_END);
      if (end > HEAD_LIMIT_BYTES || (end < 0 && this.#head.length > HEAD_LIMIT_BYTES)) {
        return broken(`answered with a head of more than ${HEAD_LIMIT_BYTES} octets`);
      }
      if (!looksLikeHttp(this.#head)) return broken('answered with something that is not HTTP');
      if (end < 0) return PARTIAL;
      const head = this.#head.slice(0, end + 2);
      const status = /^HTTP\/1\.[01] ([1-5][0-9][0-9])(?: ([^\r\n]*))?\r\n/.exec(head);
      if (!status) return broken('answered with something that is not HTTP');
      const rest = this.#head.slice(end + HEAD_END.length);
      const code = Number(status[1]);
      // Interim answers (RFC 9110 section 15.2) come before the one that counts; 101 is final.
      if (code >= 200 || code === 101) return this.#beginBody(code, { statusText: status[2] ?? '', head, rest });
      this.#head = rest;
    }
  }

  #beginBody(status: number, { statusText, head, rest }: Record<'statusText' | 'head' | 'rest', string>): AnswerState {
    this.#final = { status, statusText: printable(statusText) };
    this.#bodyEnd = bodyEnd(status, head);
    this.#head = '';
    return this.#addBody(Buffer.from(rest, 'latin1'));
  }

  #addBody(chunk: Buffer): AnswerState {
    this.#bodyBytes += chunk.length;
    if (this.#bodyEnd === 'chunked') {
      this.#tail = (this.#tail + chunk.subarray(-LAST_CHUNK.length).toString('latin1')).slice(-LAST_CHUNK.length);
    }
    const isWhole =
      this.#bodyBytes >= BODY_LIMIT_BYTES ||
      (this.#bodyEnd === 'chunked' && this.#tail === LAST_CHUNK) ||
      (typeof this.#bodyEnd === 'number' && this.#bodyBytes >= this.#bodyEnd);
    return isWhole ? this.#whole() : PARTIAL;
  }

  #whole(): AnswerState {
    return this.#final ? { kind: 'whole', ...this.#final } : PARTIAL;
  }
}

/** How the end of a body is known (RFC 9112 section 6.3): after so many octets, by its last chunk, or by the close. */
type BodyEnd = number | 'chunked' | 'close';

function bodyEnd(status: number, head: string): BodyEnd {
  if (status < 200 || status === 204 || status === 304) return 0;
  if (/\r\ntransfer-encoding:[^\r]*chunked[ \t]*\r\n/i.test(head)) return 'chunked';
  const length = /\r\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*\r\n/i.exec(head)?.[1];
  return length === undefined ? 'close' : Number(length);
}

function looksLikeHttp(text: string): boolean {
  const start = 'HTTP/1.';
  return text.startsWith(start) || start.startsWith(text);
}

/** Longest status text that is repeated to people; a gateway must not write into our logs as it likes. */
const STATUS_TEXT_LIMIT = 60;

function printable(text: string): string {
  return text
    .replaceAll(/[^ -~]/g, '')
    .slice(0, STATUS_TEXT_LIMIT)
    .trim();
}

function broken(message: string): AnswerState {
  return { kind: 'broken', message };
}
