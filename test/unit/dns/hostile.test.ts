import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuTime } from '../../support/cpu-time.ts';
import { anOpt, aQuery, aResponder, HOST, read, wireName } from './support.ts';

const FORMERR = 1;
const HEADER = 12;

const respond = (message: Buffer, transport: 'udp' | 'tcp' = 'udp') => aResponder().respond(message, transport);

/** A query whose name is these octets. */
const named = (...octets: number[]) => aQuery(Buffer.from(octets));

describe('silence', () => {
  it.each(Array.from({ length: HEADER }, (_value, length) => length))('is the answer to %i octets', (length) => {
    expect(respond(aQuery(HOST).subarray(0, length))).toBeUndefined();
  });

  it.each([0x8000, 0x8180, 0xffff])('is the answer to a response (flags %i), so that nothing reflects', (flags) => {
    expect(respond(aQuery(HOST, { flags }))).toBeUndefined();
  });
});

describe('FORMERR as a bare header', () => {
  it.each([
    ['counts of 65535', aQuery(HOST, { counts: [65_535, 65_535, 65_535, 65_535] }).subarray(0, HEADER)],
    ['no question', aQuery(HOST, { counts: [0, 0, 0, 0] }).subarray(0, HEADER)],
    ['a question that is promised and absent', aQuery(HOST).subarray(0, HEADER)],
    ['two questions', aQuery(HOST, { counts: [2, 0, 0, 0], tail: aQuery(HOST).subarray(HEADER) })],
    ['an answer in the query', aQuery(HOST, { counts: [1, 1, 0, 0] })],
    ['an authority that is promised and absent', aQuery(HOST, { counts: [1, 0, 1, 0] })],
    ['an additional that is promised and absent', aQuery(HOST, { counts: [1, 0, 0, 1] })],
    ['more additionals than any query has', aQuery(HOST, { counts: [1, 0, 0, 65_535], tail: Buffer.alloc(60_000) })],
    ['octets behind the message', aQuery(HOST, { tail: Buffer.from('x') })],
    ['a pointer to itself', named(0xc0, 0x0c)],
    ['a loop of two pointers', named(0xc0, 0x0e, 0xc0, 0x0c)],
    ['a pointer into the header', named(0xc0, 0x00)],
    ['a pointer forward', named(0xc0, 0x20)],
    [
      'half a pointer at the end',
      aQuery('')
        .subarray(0, HEADER + 1)
        .fill(0xc0, HEADER),
    ],
    ['label type 0x40', named(0x41, 0x61, 0x00)],
    ['label type 0x80', named(0x81, 0x61, 0x00)],
    ['a label longer than what is left', named(0x3f, 0x61)],
    ['a name without an end', named(...Array.from({ length: 400 }, (_value, at) => (at % 2 === 0 ? 1 : 0x61)))],
    ['two OPT records', aQuery(HOST, { additionals: [anOpt(), anOpt()] })],
    ['an OPT in the authority section', aQuery(HOST, { counts: [1, 0, 1, 0], tail: anOpt() })],
  ])('answers %s', (_name, message) => {
    const response = respond(message);
    expect(response).toHaveLength(HEADER);
    expect(read(response)).toMatchObject({ rcode: FORMERR, authoritative: false });
    expect(response?.readUInt16BE(0)).toBe(message.readUInt16BE(0));
  });

  it('answers a query cut at any octet behind the header', () => {
    const whole = aQuery(HOST, { additionals: [anOpt({ options: Buffer.from('000a00080102030405060708', 'hex') })] });
    expect(read(respond(whole)).rcode).toBe(0);
    for (let length = HEADER; length < whole.length; length += 1) {
      expect(read(respond(whole.subarray(0, length))).rcode, `cut at ${length}`).toBe(FORMERR);
    }
  });
});

describe('work per message', () => {
  it('is bounded: 64 KB of pointer chains and of labels cost no time', () => {
    const chain = Buffer.alloc(64_000);
    for (let at = 0; at < chain.length; at += 2) chain.writeUInt16BE(0xc000 | Math.max(HEADER, at), at);
    const messages = [
      aQuery(HOST, { counts: [65_535, 0, 0, 0], tail: chain }),
      aQuery(HOST, { counts: [1, 0, 1, 4], tail: chain }),
      aQuery(wireName(Array.from({ length: 127 }, () => 'a')), { tail: chain }),
    ];
    const before = cpuTime();
    for (let turn = 0; turn < 300; turn += 1) for (const message of messages) respond(message, 'tcp');
    expect(cpuTime() - before).toBeLessThan(3_000);
  });
});

describe('fuzz', () => {
  const seeds = [
    aQuery(HOST),
    aQuery(`west.${HOST}`, { type: 28, additionals: [anOpt()] }),
    aQuery(`_sluice.${HOST}`, { type: 16, additionals: [anOpt({ flags: 0x8000 })] }),
    aQuery('nothing.example.test', {
      type: 255,
      additionals: [anOpt({ options: Buffer.from('000a000401020304', 'hex') })],
    }),
    aQuery('other.test', { flags: 0x0120 }),
  ];
  const mutation = fc.record({
    seed: fc.constantFrom(...seeds),
    changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
    cut: fc.option(fc.nat(), { freq: 4 }),
    tail: fc.option(fc.uint8Array({ maxLength: 64 }), { freq: 4 }),
  });

  it('whatever comes: no fault of ours, silence or a whole response with its id, inside the limit', () => {
    const { respond: answer, counters } = aResponder();
    fc.assert(
      fc.property(mutation, ({ seed, changes, cut, tail }) => {
        const octets = Buffer.concat([seed, tail ?? Buffer.alloc(0)]);
        for (const [at, value] of changes) octets.writeUInt8(value, at % octets.length);
        const message = cut === null ? octets : octets.subarray(0, cut % octets.length);
        const response = answer(message);
        const mustBeSilent = message.length < HEADER || (message.readUInt8(2) & 0x80) !== 0;
        expect(response === undefined).toBe(mustBeSilent);
        if (response === undefined) return;
        expect(response.length).toBeLessThanOrEqual(1_232);
        expect(response.readUInt16BE(0)).toBe(message.readUInt16BE(0));
        expect(response.readUInt8(2) & 0x80).toBe(0x80);
        read(response);
      }),
      { numRuns: 5_000 },
    );
    expect(counters.snapshot().internalErrors).toBe(0);
  });

  it('noise of any length is no fault of ours', () => {
    const { respond: answer, counters } = aResponder();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (noise) => void answer(Buffer.from(noise), 'tcp')),
      { numRuns: 2_000 },
    );
    expect(counters.snapshot().internalErrors).toBe(0);
  });
});
