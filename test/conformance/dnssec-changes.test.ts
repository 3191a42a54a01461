import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Record, readMessage } from '../support/dns-message.ts';
import { UdpLink } from '../support/dns-sockets.ts';
import { anOpt, aQuery, DNSSEC_OK, TYPE } from '../support/dns-wire.ts';
import { Delv } from '../support/dnssec/delv.ts';
import { unverified } from '../support/dnssec/signatures.ts';
import { aDrawnHost, DRAWN, type SignedServer, startSignedServer, ZONE } from '../support/dnssec/signed-server.ts';
import { needs } from '../support/needs.ts';
import { until } from '../support/until.ts';

const PORT = 15_564;
const REVISIONS = 50;
/** delv looks after each so many revisions. */
const DELV_EVERY = 10;
const BATCH = 32;
const DEADLINE_MS = 2_000;

describe('a hostname of a signed zone whose shares and addresses change', () => {
  let server: SignedServer | undefined;

  beforeAll(async () => {
    server = await startSignedServer({ port: PORT });
  });

  afterAll(() => server?.stop());

  it(`has a fitting signature in every answer of ${REVISIONS} revisions, and never two revisions in one answer`, async () => {
    if (server === undefined) throw new Error('the server did not start');
    const asker = new Asker(server, await UdpLink.to(server.address));
    const asking = asker.run();
    const delv = needs('delv', 'bind9-dnsutils')
      ? new Delv({ directory: server.scratch, address: server.address, key: server.key })
      : undefined;
    const verdicts: Promise<string>[] = [];
    for (let turn = 1; turn <= REVISIONS; turn += 1) {
      const mark = turn + 1;
      await server.process.publish(aDrawnHost(2 + turn, mark));
      if (delv !== undefined && turn % DELV_EVERY === 0) verdicts.push(delv.ask(DRAWN, 'A'), delv.ask(ZONE, 'SOA'));
      await until(() => (asker.marks.has(mark) ? true : undefined), { what: `an answer of revision ${2 + turn}` });
    }
    asker.stop();
    await asking;
    expect(asker.faults).toEqual([]);
    expect(asker.marks.size).toBe(REVISIONS + 1);
    expect(asker.answered).toBeGreaterThan(REVISIONS * BATCH);
    expect(asker.serials).toEqual([...asker.serials].toSorted((left, right) => left - right));
    for (const verdict of await Promise.all(verdicts)) expect(verdict).toMatch(/^; fully validated\n/);
  });
});

/** Asks again and again, and looks at each answer. */
class Asker {
  /** Of the states whose addresses were seen. */
  readonly marks = new Set<number>();
  readonly faults: string[] = [];
  /** SOA serials in the order in which they were seen. */
  readonly serials: number[] = [];
  answered = 0;
  readonly #server: SignedServer;
  readonly #link: UdpLink;
  #stopped = false;

  constructor(server: SignedServer, link: UdpLink) {
    this.#server = server;
    this.#link = link;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      this.#link.clear();
      for (let id = 0; id < BATCH; id += 1) this.#send(id);
      const replies = await this.#link.take(BATCH, { timeoutMs: DEADLINE_MS });
      if (replies.length < BATCH) this.faults.push(`${BATCH - replies.length} queries without an answer`);
      for (const reply of replies) this.#look(reply);
    }
    this.#link.close();
  }

  #send(id: number): void {
    const additionals = [anOpt({ flags: DNSSEC_OK })];
    const [name, type] = KINDS[id % KINDS.length] ?? KINDS[0];
    this.#link.send(aQuery(name, { id, type, additionals }));
  }

  #look(octets: Buffer): void {
    const { id, answers } = readMessage(octets);
    const [name, type] = KINDS[id % KINDS.length] ?? KINDS[0];
    const records = answers.filter((record) => record.type === type);
    this.answered += 1;
    this.faults.push(...unverified(answers, this.#server.key.publicKey));
    if (type === TYPE.SOA) return this.#noteSerial(records);
    const states = new Set(records.map(({ text }) => stateOf(text)));
    if (records.length !== 2 || states.size !== 1) {
      this.faults.push(`${name} ${type}: ${records.map(({ text }) => text).join(' ')}`);
    }
    for (const record of records) this.marks.add(markOf(record.text));
  }

  #noteSerial(records: readonly Record[]): void {
    const serial = Number(records[0]?.text.split(' ')[2]);
    if (this.serials.at(-1) !== serial) this.serials.push(serial);
  }
}

const KINDS = [
  [DRAWN, TYPE.A],
  [DRAWN, TYPE.AAAA],
  [`east.${DRAWN}`, TYPE.A],
  [ZONE, TYPE.SOA],
] as const;

/** 203.0.<mark>.<1 to 4>, 2001:db8::<mark>:<1 to 4>: 1 and 2 are of one cluster, 3 and 4 of the other. */
function parts(text: string): readonly [number, number] {
  const isV6 = text.includes(':');
  const [mark = '', last = ''] = text.split(isV6 ? ':' : '.').slice(-2);
  return [Number.parseInt(mark, isV6 ? 16 : 10), Number.parseInt(last, isV6 ? 16 : 10)];
}

function markOf(text: string): number {
  return parts(text)[0];
}

/** The state and the cluster that an address is of. */
function stateOf(text: string): string {
  const [mark, last] = parts(text);
  return `${mark} ${last <= 2 ? 'east' : 'west'}`;
}
