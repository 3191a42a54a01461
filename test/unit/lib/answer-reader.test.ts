import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerReader, type AnswerState } from '../../../src/lib/answer-reader.ts';

/** What is known after some pieces, and the close of the connection if it comes to that. */
function read(pieces: readonly string[], closes = false): AnswerState {
  const reader = new AnswerReader();
  let state: AnswerState = { kind: 'partial' };
  for (const piece of pieces) {
    state = reader.add(Buffer.from(piece, 'latin1'));
    if (state.kind !== 'partial') return state;
  }
  return closes ? reader.end() : state;
}

const ok = { kind: 'whole', status: 200, statusText: 'OK' };
const notHttp = { kind: 'broken', message: 'answered with something that is not HTTP' };
const cut = { kind: 'broken', message: 'closed the connection in the middle of its answer' };
const partial = { kind: 'partial' };
const tooLong = { kind: 'broken', message: 'answered with a head of more than 16384 octets' };

describe('the reader of an HTTP answer', () => {
  it.each<[string, string, AnswerState | object, AnswerState | object]>([
    ['as many octets as promised', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', ok, ok],
    ['fewer octets than promised', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh', partial, cut],
    ['a body that ends with the connection', 'HTTP/1.0 200 OK\r\n\r\nhi', partial, ok],
    ['all of its chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n', ok, ok],
    ['some of its chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n', partial, cut],
    ['chunks and trailers', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\na: b\r\n\r\n', partial, ok],
    ['a status without a body', 'HTTP/1.1 204 \r\n\r\n', { kind: 'whole', status: 204 }, { kind: 'whole' }],
    ['a status without a text', 'HTTP/1.1 304\r\n\r\n', { kind: 'whole', status: 304 }, { kind: 'whole' }],
    ['an interim answer before', 'HTTP/1.1 103 Early Hints\r\na: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', partial, ok],
    ['an interim answer only', 'HTTP/1.1 100 Continue\r\n\r\n', partial, cut],
    ['half a head', 'HTTP/1.1 200 OK\r\n', partial, cut],
    ['nothing', '', partial, cut],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', notHttp, notHttp],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n', notHttp, notHttp],
    ['no status', 'HTTP/1.1 OK\r\n\r\n', notHttp, notHttp],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(4_000)}`, tooLong, tooLong],
    ['a long head', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(4_000)}\r\n`, tooLong, tooLong],
    ['a body without end', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(70_000)}`, ok, ok],
  ])('knows %s, in one piece or octet by octet', (_name, text, open, closed) => {
    for (const pieces of [[text], Array.from(text)]) {
      expect(read(pieces)).toMatchObject(open);
      expect(read(pieces, true)).toMatchObject(closed);
    }
  });

  it('repeats no more of a status text than is fit to be shown', () => {
    const state = read([`HTTP/1.1 500 \u001b[31mno\u0007${'!'.repeat(100)}\r\ncontent-length: 0\r\n\r\n`]);
    expect(state).toEqual({ kind: 'whole', status: 500, statusText: `[31mno${'!'.repeat(54)}` });
  });

  it('never throws, whatever is sent', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('HTTP/1.1 200 OK\r\n', '\r\n', '\r\n\r\n', '0\r\n\r\n'));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(['partial', 'whole', 'broken']).toContain(read(pieces, true).kind);
      }),
    );
  });
});
