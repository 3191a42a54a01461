import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Delv } from '../support/dnssec/delv.ts';
import { QUESTIONS, type Verdict } from '../support/dnssec/questions.ts';
import { type SignedServer, startSignedServer } from '../support/dnssec/signed-server.ts';
import { needs } from '../support/needs.ts';

const PORT = 15_560;

/** What delv says. */
const WORDS: Readonly<Record<Verdict, string>> = {
  secure: '; fully validated\n',
  denied: '; negative response, fully validated\n',
  aliasToNothing: '; fully validated\n',
  insecure: '; unsigned answer\n',
  insecureNothing: '; negative response, unsigned answer\n',
  insecureNoName: '; negative response, unsigned answer\n',
  bare: '',
};

describe.skipIf(!needs('delv', 'bind9-dnsutils'))('delv, with our DS as its trust anchor,', () => {
  let server: SignedServer | undefined;
  let delv: Delv | undefined;

  beforeAll(async () => {
    server = await startSignedServer({ port: PORT });
    delv = new Delv({ directory: server.scratch, address: server.address, key: server.key });
  });

  afterAll(() => server?.stop());

  const asked = QUESTIONS.filter(({ elsewhere }) => !elsewhere);
  it.concurrent.each(asked)('finds $verdict: $what, $name $type', async ({ name, type, verdict }) => {
    const output = await delv?.ask(name, type);
    expect(output?.startsWith(WORDS[verdict]), output).toBe(true);
  });
});
