import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../support/dns-message.ts';
import { FLAG, RCODE, TYPE } from '../support/dns-wire.ts';
import { ELSEWHERE_ZONES, QUESTIONS, type Question, typeNumber, type Verdict } from '../support/dnssec/questions.ts';
import { type SignedServer, startSignedServer } from '../support/dnssec/signed-server.ts';
import { Unbound } from '../support/dnssec/unbound.ts';
import { needs } from '../support/needs.ts';

const PORTS = { server: 15_561, resolver: 15_562 };

interface Expected {
  /** AD: validated from our key down. */
  readonly secure: boolean;
  readonly rcode: number;
  readonly answers: 'asked' | 'aliases' | 'none';
}

/** A name that is not there is NODATA to a resolver that does not know RFC 9824: nothing is there, and that is proved. */
const EXPECTED: Readonly<Record<Verdict, Expected>> = {
  secure: { secure: true, rcode: RCODE.NOERROR, answers: 'asked' },
  denied: { secure: true, rcode: RCODE.NOERROR, answers: 'none' },
  aliasToNothing: { secure: true, rcode: RCODE.NOERROR, answers: 'aliases' },
  insecure: { secure: false, rcode: RCODE.NOERROR, answers: 'asked' },
  insecureNothing: { secure: false, rcode: RCODE.NOERROR, answers: 'none' },
  insecureNoName: { secure: false, rcode: RCODE.NXDOMAIN, answers: 'none' },
  bare: { secure: false, rcode: RCODE.NOERROR, answers: 'asked' },
};

const SETTINGS = [
  ['with aggressive use of proofs', ['aggressive-nsec: yes']],
  ['without', ['aggressive-nsec: no']],
  ['with strict minimisation of names', ['aggressive-nsec: yes', 'qname-minimisation-strict: yes']],
] as const;

describe.skipIf(!needs('unbound', 'unbound'))('unbound, a validating resolver that trusts our DS,', () => {
  let server: SignedServer | undefined;

  beforeAll(async () => {
    server = await startSignedServer({ port: PORTS.server });
  });

  afterAll(() => server?.stop());

  describe.each(SETTINGS)('%s', (title, settings) => {
    let resolver: Unbound | undefined;

    beforeAll(async () => {
      if (server === undefined) throw new Error('the server did not start');
      const { address: upstream, key, scratch } = server;
      const directory = join(scratch, title.replaceAll(' ', '-'));
      const options = { port: PORTS.resolver, upstream, key, server: settings, elsewhere: ELSEWHERE_ZONES };
      resolver = await Unbound.start({ directory, ...options });
    });

    afterAll(() => resolver?.stop());

    it.each(QUESTIONS)('finds $verdict: $what, $name $type', async (question) => {
      if (resolver === undefined) throw new Error('unbound did not start');
      const type = typeNumber(question);
      for (const source of ['upstream', 'the cache']) {
        const seen = await resolver.ask(question.name, { type });
        expect(verdictOf(seen, question), source).toEqual(EXPECTED[question.verdict]);
        // A stub without DO hears the same, less the signatures.
        const stub = await resolver.ask(question.name, { type, dnssec: false });
        expect(verdictOf(stub, question), `a stub, from ${source}`).toEqual({
          ...EXPECTED[question.verdict],
          secure: false,
        });
      }
    });

    it('has found no fault with any of it', () => {
      expect(resolver?.log).not.toMatch(/validation failure/);
    });
  });
});

function verdictOf({ flags, rcode, answers, authorities }: Message, question: Question): Expected {
  const wanted = typeNumber(question);
  const types = answers.map(({ type }) => type).filter((type) => type !== TYPE.RRSIG || wanted === TYPE.RRSIG);
  // From its cache it makes ANY of what is there.
  const isAsked = wanted === TYPE.ANY ? types.length > 0 : types.includes(wanted);
  const found = isAsked ? 'asked' : types.includes(TYPE.CNAME) ? 'aliases' : 'none';
  // Nobody may remember that something is missing without knowing for how long.
  if (!isAsked) expect(authorities.map(({ type }) => type)).toContain(TYPE.SOA);
  return { secure: (flags & FLAG.AD) !== 0, rcode, answers: found };
}
