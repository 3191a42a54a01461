import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tsigKey } from '../../../../src/planes/dns/transfer/keys.ts';
import { authenticate, signMessage, signResponse, signStream } from '../../../../src/planes/dns/transfer/tsig.ts';
import { findTsig, TSIG_ERROR } from '../../../../src/planes/dns/transfer/tsig-record.ts';
import { anOpt, aQuery, aRecord, TYPE } from '../../../support/dns-wire.ts';
import { needs } from '../../../support/needs.ts';
import { TransferServer } from '../../../support/transfer-server.ts';
import { address, aVersion, KEY, run, SECRET, ZONE } from './support.ts';

const NOW = 1_800_000_000;
const QUERY = aQuery(ZONE, { type: TYPE.AXFR, additionals: [anOpt()] });
const OTHER = tsigKey('other.test', 'hmac-sha512', Buffer.alloc(64, 1));
const SIGNED = signMessage(QUERY, { key: KEY, nowSeconds: NOW, context: { kind: 'request' } });

describe('a signed request', () => {
  it('is known by its key, and is the request with one record more', () => {
    const seen = authenticate(SIGNED.message, { keys: [OTHER, KEY], nowSeconds: NOW });
    expect(seen).toEqual({ kind: 'verified', key: KEY, mac: SIGNED.mac });
    expect(SIGNED.message.subarray(12, QUERY.length)).toEqual(QUERY.subarray(12));
    expect(SIGNED.message.readUInt16BE(10)).toBe(2);
  });

  it('is known when a forwarder has changed its id, and when the name of the key has other letters', () => {
    const forwarded = Buffer.from(SIGNED.message);
    forwarded.writeUInt16BE(0xabcd, 0);
    const start = QUERY.length;
    forwarded.write('TRANSFER', start + 1, 'latin1');
    expect(authenticate(forwarded, { keys: [KEY], nowSeconds: NOW }).kind).toBe('verified');
  });

  it.each([
    ['a key that nobody has', [OTHER], NOW, { error: TSIG_ERROR.BADKEY }],
    [
      'the right name with another algorithm',
      [tsigKey(KEY.name, 'hmac-sha512', SECRET)],
      NOW,
      { error: TSIG_ERROR.BADKEY },
    ],
    ['another secret', [tsigKey(KEY.name, KEY.algorithm, Buffer.alloc(32))], NOW, { error: TSIG_ERROR.BADSIG }],
    ['a clock that is behind', [KEY], NOW - 301, { error: TSIG_ERROR.BADTIME, key: KEY }],
    ['a clock that is ahead', [KEY], NOW + 301, { error: TSIG_ERROR.BADTIME, key: KEY }],
  ] as const)('is refused for %s', (_, keys, nowSeconds, refusal) => {
    expect(authenticate(SIGNED.message, { keys, nowSeconds })).toMatchObject({ kind: 'refused', ...refusal });
  });

  it.each([NOW - 300, NOW + 300])('is taken by a clock that is just within the fudge (%d)', (nowSeconds) => {
    expect(authenticate(SIGNED.message, { keys: [KEY], nowSeconds }).kind).toBe('verified');
  });

  it('is not taken with one bit changed, save in its id and the case of letters in the names of its signature', () => {
    const { message } = SIGNED;
    const keyName = [QUERY.length, QUERY.length + KEY.wireName.length] as const;
    const algorithm = [keyName[1] + 10, keyName[1] + 10 + 'hmac-sha256'.length + 2] as const;
    const isLetterOfName = (at: number) =>
      [keyName, algorithm].some(([start, end]) => at >= start && at < end) &&
      /[a-z]/.test(message.toString('latin1', at, at + 1));
    for (let at = 0; at < message.length; at += 1) {
      for (const bit of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(message);
        changed.writeUInt8(changed.readUInt8(at) ^ bit, at);
        const harmless = at < 2 || (bit === 0x20 && isLetterOfName(at));
        const { kind } = authenticate(changed, { keys: [KEY], nowSeconds: NOW });
        expect({ at, bit, verified: kind === 'verified' }).toEqual({ at, bit, verified: harmless });
      }
    }
  });

  it.each([
    ['cut to half, which is too short for us', 16, { kind: 'refused', error: TSIG_ERROR.BADTRUNC, key: KEY }],
    ['cut to less than half', 15, { kind: 'malformed' }],
    ['none', 0, { kind: 'malformed' }],
    ['longer than there can be', 33, { kind: 'malformed' }],
  ])('has a MAC that is %s', (_, size, expected) => {
    expect(authenticate(withMacOf(size), { keys: [KEY], nowSeconds: NOW })).toMatchObject(expected);
  });

  it('with a MAC that is cut short and wrong is refused as wrong', () => {
    const wrong = withMacOf(16);
    const macAt = wrong.length - 16 - 6;
    wrong.writeUInt8(wrong.readUInt8(macAt) ^ 1, macAt);
    expect(authenticate(wrong, { keys: [KEY], nowSeconds: NOW })).toMatchObject({ error: TSIG_ERROR.BADSIG });
  });
});

describe('finding the signature', () => {
  const tsig = SIGNED.message.subarray(QUERY.length);
  const opt = anOpt();

  it.each([
    ['no record at all', aQuery(ZONE), 'none'],
    [
      'other records only',
      aQuery(ZONE, { additionals: [opt, aRecord('x', { type: 1, data: Buffer.alloc(4) })] }),
      'none',
    ],
    ['it is not the last', aQuery(ZONE, { additionals: [tsig, opt] }), 'malformed'],
    ['it is there twice', aQuery(ZONE, { additionals: [tsig, tsig] }), 'malformed'],
    ['it is among the authorities', aQuery(ZONE, { counts: [1, 0, 1, 0], additionals: [tsig] }), 'malformed'],
    ['octets follow', Buffer.concat([SIGNED.message, Buffer.of(0)]), 'malformed'],
    ['the last octet is missing', SIGNED.message.subarray(0, -1), 'malformed'],
    ['it has a class of its own', changedAt(tsig, KEY.wireName.length + 3, 1), 'malformed'],
    ['it has a TTL', changedAt(tsig, KEY.wireName.length + 7, 1), 'malformed'],
    [
      'its owner is a pointer',
      aQuery(ZONE, { additionals: [Buffer.concat([Buffer.of(0xc0, 12), tsig.subarray(KEY.wireName.length)])] }),
      'malformed',
    ],
    ['the counts promise more', aQuery(ZONE, { counts: [1, 65_535, 65_535, 65_535] }), 'malformed'],
    ['the header is not whole', Buffer.alloc(11), 'malformed'],
  ])('when %s', (_, message, expected) => {
    expect(findTsig(message)).toBe(expected);
  });

  it('never throws and never verifies, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(SIGNED.message.length), (noise, at) => {
        const message = Buffer.concat([SIGNED.message.subarray(0, at), noise, SIGNED.message.subarray(at)]);
        const { kind } = authenticate(message, { keys: [KEY], nowSeconds: NOW });
        expect(kind === 'verified' && noise.length > 0).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  function changedAt(record: Buffer, at: number, value: number): Buffer {
    const copy = Buffer.from(record);
    copy.writeUInt8(value, at);
    return aQuery(ZONE, { additionals: [opt, copy] });
  }
});

describe('the response', () => {
  const response = Buffer.from(QUERY);
  response.writeUInt8(0x80, 2);

  it('is signed for just this request, and so is each further message of a stream', () => {
    const authentication = authenticate(SIGNED.message, { keys: [KEY], nowSeconds: NOW });
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = signStream([response, response], authentication, NOW);
    const options = { keys: [KEY], nowSeconds: NOW };
    expect(authenticate(first, { ...options, requestMac: SIGNED.mac }).kind).toBe('verified');
    expect(authenticate(first, options)).toMatchObject({ error: TSIG_ERROR.BADSIG });
    expect(second.equals(first)).toBe(false);
  });

  it('tells the time to a client whose clock is off, signed at the time of the client', () => {
    const refused = authenticate(SIGNED.message, { keys: [KEY], nowSeconds: NOW + 1_000 });
    const answer = signResponse(response, refused, NOW + 1_000);
    expect(authenticate(answer, { keys: [KEY], nowSeconds: NOW, requestMac: SIGNED.mac }).kind).toBe('verified');
    const tsig = findTsig(answer);
    expect(tsig).toMatchObject({ error: TSIG_ERROR.BADTIME, timeSigned: NOW });
    expect(typeof tsig === 'object' && tsig.otherData.readUIntBE(0, 6)).toBe(NOW + 1_000);
  });

  it.each([
    [[OTHER], TSIG_ERROR.BADKEY],
    [[tsigKey(KEY.name, KEY.algorithm, Buffer.alloc(32))], TSIG_ERROR.BADSIG],
  ])('to a client whose key is not known is not signed, and says why', (keys, error) => {
    const answer = signResponse(response, authenticate(SIGNED.message, { keys, nowSeconds: NOW }), NOW);
    expect(findTsig(answer)).toMatchObject({ error, mac: Buffer.alloc(0), keyName: KEY.wireName });
  });

  it('to an unsigned request is not signed', () => {
    expect(signResponse(response, authenticate(QUERY, { keys: [KEY], nowSeconds: NOW }), NOW)).toBe(response);
  });
});

const SERVER = { host: '127.0.0.1', port: 15_424 };

describe.each([
  ['kdig', 'knot-dnsutils'],
  ['dig', 'bind9-dnsutils'],
])('with %s as the other end', (client, debianPackage) => {
  let server: TransferServer;
  const keys = [KEY, tsigKey('large', 'hmac-sha384', SECRET), tsigKey('largest', 'hmac-sha512', SECRET)];
  const ask = (key: string, secret: Buffer, ...question: readonly string[]) =>
    run(client, ['@127.0.0.1', '-p', String(SERVER.port), '-y', `${key}:${secret.toString('base64')}`, ...question]);

  beforeAll(async () => {
    const secondaries = keys.map((key) => ({ address: { host: '127.0.0.1', port: 53 }, key }));
    server = await TransferServer.start({ address: SERVER, keys, secondaries });
    server.publish(
      aVersion(
        7,
        Array.from({ length: 3_000 }, (_, index) => address(`h${index}.${ZONE}`, '192.0.2.1')),
      ),
    );
  });
  afterAll(() => server.stop());

  it.skipIf(!needs(client, debianPackage)).for([
    ['hmac-sha256:transfer.example.test', 'SOA', '+notcp'],
    ['hmac-sha384:large', 'SOA', '+notcp'],
    ['hmac-sha512:largest', 'SOA', '+tcp'],
    ['hmac-sha256:transfer.example.test', 'AXFR', '+tcp'],
    ['hmac-sha512:largest', 'AXFR', '+tcp'],
  ] as const)('each takes the signature of the other: %s %s %s', async ([key, type, transport]) => {
    const { stdout, stderr } = await ask(key, SECRET, transport, ZONE, type);
    expect(stdout).toMatch(/hostmaster\.example\.test\. 7 /);
    expect(`${stdout}${stderr}`).not.toMatch(/verify|failed|WARNING|\bERROR\b/i);
    if (type === 'AXFR') expect(stdout).toMatch(/messages 6|6 messages/);
  });

  it.skipIf(!needs(client, debianPackage)).for([
    ['hmac-sha256:nobody', SECRET, 'BADKEY'],
    ['hmac-sha256:transfer.example.test', Buffer.alloc(32), 'BADSIG'],
  ] as const)('is told why it is refused: %s', async ([key, secret, error]) => {
    const { stdout, stderr } = await ask(key, secret, ZONE, 'AXFR');
    expect(`${stdout}${stderr}`).toContain(error);
    expect(stdout).not.toContain('hostmaster');
  });
});

/** The signed query with the first octets of its MAC only, or with more than it has. */
function withMacOf(size: number): Buffer {
  const { message, mac } = SIGNED;
  const macAt = message.length - 6 - mac.length;
  const cut = Buffer.concat([mac, Buffer.alloc(8)]).subarray(0, size);
  const changed = Buffer.concat([message.subarray(0, macAt), cut, message.subarray(macAt + mac.length)]);
  changed.writeUInt16BE(size, macAt - 2);
  const lengthAt = QUERY.length + KEY.wireName.length + 8;
  changed.writeUInt16BE(changed.readUInt16BE(lengthAt) + size - mac.length, lengthAt);
  return changed;
}
