import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../support/dns-message.ts';
import { anOption, DNSSEC_OK, FLAG, OPTION, RCODE, TYPE } from '../support/dns-wire.ts';
import { QUESTIONS, type Question, typeNumber } from '../support/dnssec/questions.ts';
import { unverified } from '../support/dnssec/signatures.ts';
import {
  DRAWN,
  PLAIN_ZONE,
  SAFE_ZONE,
  type SignedServer,
  startSignedServer,
  ZONE,
} from '../support/dnssec/signed-server.ts';
import { ServerUnderTest } from './server-under-test.ts';

const PORT = 15_563;
/** RFC 9824 section 5.1: the client understands NXDOMAIN with a compact proof. */
const COMPACT_OK = 0x4000;
/** RFC 9824 section 2: only ever in type bitmaps. */
const NXNAME = 128;
/** RFC 8914, as RFC 9824 section 3.5 adds to it. */
const INVALID_QUERY_TYPE = 30;
const MISSING = `nothing.${ZONE}`;
const BIG = `big.${ZONE}`;
const NEGATIVE_TTL = 30;

/** Signed with the key of `ZONE`, and without capital letters in its data, which `unverified` does not fold. */
function isOfOurZone({ verdict, name }: Question): boolean {
  const others = [SAFE_ZONE, `www.${SAFE_ZONE}`, `x.${SAFE_ZONE}`, `mixedcase.${ZONE}`];
  return ['secure', 'denied', 'aliasToNothing'].includes(verdict) && !others.includes(name);
}

describe('answers of a signed zone', () => {
  let running: SignedServer | undefined;

  beforeAll(async () => {
    running = await startSignedServer({ port: PORT });
  });

  afterAll(() => running?.stop());

  function signed(): SignedServer {
    if (running === undefined) throw new Error('the server did not start');
    return running;
  }

  function ask(
    name: string,
    type: number,
    options: { readonly flags?: number; readonly edns?: number } = {},
  ): Promise<Message> {
    const server = new ServerUnderTest({ name: 'sluice', address: signed().address });
    const { flags = FLAG.RD, edns = DNSSEC_OK } = options;
    return server.ask(name, { type, flags, edns: { flags: edns } });
  }

  it.each([
    ['neither DO nor CO', 0, RCODE.NXDOMAIN],
    ['CO', COMPACT_OK, RCODE.NXDOMAIN],
    ['DO', DNSSEC_OK, RCODE.NOERROR],
    ['DO and CO', DNSSEC_OK | COMPACT_OK, RCODE.NXDOMAIN],
  ])('deny a name to a client that sets %s', async (_flags, edns, rcode) => {
    for (const name of [MISSING, `a.b.${MISSING}`, `dangling.${ZONE}`]) {
      const reply = await ask(name, TYPE.A, { edns });
      expect(reply.rcode, name).toBe(rcode);
      expect(reply.opt?.flags, 'flags come back as they were').toBe(edns);
      const types = (edns & DNSSEC_OK) === 0 ? [TYPE.SOA] : [TYPE.SOA, TYPE.RRSIG, TYPE.NSEC, TYPE.RRSIG];
      expect(reply.authorities.map(({ type }) => type)).toEqual(types);
    }
  });

  it('never say NXDOMAIN of a name that is there', async () => {
    for (const name of [`ent.${ZONE}`, `wild.${ZONE}`, DRAWN, `x.wild.${ZONE}`]) {
      expect((await ask(name, 99, { edns: DNSSEC_OK | COMPACT_OK })).rcode, name).toBe(RCODE.NOERROR);
    }
  });

  it('name the denied name, and nothing about any other, in their proof', async () => {
    const [, , proof] = (await ask(MISSING, TYPE.A)).authorities;
    // \000.nothing.example.test, then one window of 17 octets with RRSIG (46), NSEC (47) and NXNAME (128).
    const bitmap = `${'00'.repeat(5)}03${'00'.repeat(10)}80`;
    const next = `0100${Buffer.from('\x07nothing\x07example\x04test\0', 'latin1').toString('hex')}`;
    expect({ ...proof, data: proof?.data.toString('hex') }).toMatchObject({
      owner: MISSING,
      ttl: NEGATIVE_TTL,
      data: `${next}0011${bitmap}`,
    });
  });

  it.each(['example.test', DRAWN, MISSING])(
    'refuse type 128 as no type of a query, with the reason: %s',
    async (name) => {
      const reply = await ask(name, NXNAME);
      expect([reply.rcode, reply.authoritative, reply.answers, reply.authorities]).toEqual([
        RCODE.FORMERR,
        false,
        [],
        [],
      ]);
      const reasons = reply.opt?.options
        .filter(({ code }) => code === OPTION.EDE)
        .map(({ data }) => data.readUInt16BE(0));
      expect(reasons).toEqual([INVALID_QUERY_TYPE]);
    },
  );

  it.each([
    ['AD', FLAG.RD | FLAG.AD],
    ['CD', FLAG.RD | FLAG.CD],
    ['neither', 0],
  ])('have AA, and neither AD nor CD nor RA, for a query with %s', async (_flags, flags) => {
    for (const question of QUESTIONS.filter(({ verdict, elsewhere }) => verdict !== 'bare' && !elsewhere)) {
      const reply = await ask(question.name, typeNumber(question), { flags });
      expect(reply.flags & (FLAG.AD | FLAG.CD | FLAG.RA), question.what).toBe(0);
      expect(reply.authoritative, question.what).toBe(true);
    }
  });

  it('have one signature for each set, that of our key, and none for a client that does not ask for it', async () => {
    const { key } = signed();
    for (const question of QUESTIONS.filter(isOfOurZone)) {
      const type = typeNumber(question);
      const { truncated, answers, authorities } = await ask(question.name, type);
      expect(unverified(answers, key.publicKey), question.what).toEqual([]);
      expect(unverified(authorities, key.publicKey), question.what).toEqual([]);
      expect(answers.length + authorities.length > 0, question.what).toBe(!truncated);
      const plain = await ask(question.name, type, { edns: 0 });
      const all = [...plain.answers, ...plain.authorities, ...plain.additionals].map((record) => record.type);
      // Who asks for NSEC by name is told it.
      if (type !== TYPE.NSEC) expect(all, question.what).not.toEqual(expect.arrayContaining([TYPE.RRSIG]));
    }
  });

  it('refer with the proof that there is no DS, or with DS and its signature', async () => {
    const { key } = signed();
    for (const [name, types] of [
      [`x.sub.${ZONE}`, [TYPE.NS, TYPE.NSEC, TYPE.RRSIG]],
      [`x.far.${ZONE}`, [TYPE.NS, TYPE.DS, TYPE.RRSIG]],
    ] as const) {
      const reply = await ask(name, TYPE.A);
      expect([reply.authoritative, reply.authorities.map(({ type }) => type)]).toEqual([false, types]);
      // NS of a cut is not ours to sign (RFC 4035 section 2.2).
      const { owner } = reply.authorities[0] ?? {};
      expect(unverified(reply.authorities, key.publicKey)).toEqual([`${owner} ${TYPE.NS}`]);
    }
  });

  it('prove that an unsigned zone which is served here too is cut off, or validators would want its signatures', async () => {
    const { key } = signed();
    const { authorities } = await ask(PLAIN_ZONE, TYPE.DS);
    expect(unverified(authorities, key.publicKey)).toEqual([]);
    const proof = authorities.find(({ type }) => type === TYPE.NSEC);
    // Behind it comes nothing of that zone; window 0 has NS (2), RRSIG (46) and NSEC (47), in 6 octets.
    const next = Buffer.from('\x06plain\0\x07example\x04test\0', 'latin1').toString('hex');
    expect([proof?.owner, proof?.data.toString('hex')]).toEqual([PLAIN_ZONE, `${next}0006200000000003`]);
  });

  it.each([`shop.${ZONE}`, `ent.${ZONE}`, `x.wild.${ZONE}`, `alias.${ZONE}`, MISSING])(
    'have what every name has: %s NSEC, and the signature of that alone for RRSIG',
    async (name) => {
      const { key } = signed();
      const proof = await ask(name, TYPE.NSEC);
      expect(proof.answers.map(({ owner, type }) => [owner, type])).toEqual([
        [name, TYPE.NSEC],
        [name, TYPE.RRSIG],
      ]);
      expect(unverified(proof.answers, key.publicKey)).toEqual([]);
      const { answers } = await ask(name, TYPE.RRSIG);
      expect(answers.map(({ owner, type, data }) => [owner, type, data.readUInt16BE(0)])).toEqual([
        [name, TYPE.RRSIG, TYPE.NSEC],
      ]);
    },
  );

  it.each([512, 1_232, 4_096, 65_535])(
    'over UDP are whole or empty and marked for a client that takes %i octets',
    async (size) => {
      const server = new ServerUnderTest({ name: 'sluice', address: signed().address });
      const limit = Math.min(size, 1_232);
      for (const question of QUESTIONS.filter(({ elsewhere }) => !elsewhere)) {
        const options = {
          type: typeNumber(question),
          edns: { size, flags: DNSSEC_OK, options: anOption(OPTION.NSID) },
        };
        const udp = await server.ask(question.name, options);
        expect(udp.octets.length, question.what).toBeLessThanOrEqual(limit);
        if (!udp.truncated) continue;
        expect([udp.answers, udp.authorities, udp.additionals], question.what).toEqual([[], [], []]);
        expect(udp.opt?.flags, question.what).toBe(DNSSEC_OK);
        const tcp = await server.ask(question.name, { ...options, via: 'tcp' });
        expect([tcp.truncated, tcp.octets.length > limit], question.what).toEqual([false, true]);
      }
    },
  );

  it('are whole over TCP however big they are', async () => {
    const { key, address } = signed();
    const server = new ServerUnderTest({ name: 'sluice', address });
    const options = { type: TYPE.A, edns: { size: 1_232, flags: DNSSEC_OK } };
    expect((await server.ask(BIG, options)).truncated).toBe(true);
    const { answers } = await server.ask(BIG, { ...options, via: 'tcp' });
    expect(answers).toHaveLength(101);
    expect(unverified(answers, key.publicKey)).toEqual([]);
  });
});
