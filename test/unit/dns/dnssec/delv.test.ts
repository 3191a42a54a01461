import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Denial, denialData } from '../../../../src/planes/dns/dnssec/denial.ts';
import { cdnskeyData, cdsData, dsData } from '../../../../src/planes/dns/dnssec/ds.ts';
import { ZoneSigner } from '../../../../src/planes/dns/dnssec/signer.ts';
import { generateKey } from '../../../../src/planes/dns/dnssec/signing-key.ts';
import { TYPE } from '../../../../src/planes/dns/wire/constants.ts';
import { soaValue, textValue } from '../../../../src/planes/dns/wire/records.ts';
import { needs } from '../../../support/needs.ts';
import { wire } from './support.ts';

const DEADLINE_MS = 10_000;

const KEY = generateKey('Example.test');
const NEXT_KEY = generateKey('example.test', 'published');
const signer = new ZoneSigner({ zone: 'example.test', keys: [KEY, NEXT_KEY], now: () => Date.now() / 1_000 });

interface TestSet {
  readonly owner: Buffer;
  readonly type: number;
  readonly ttlSeconds: number;
  readonly data: readonly Buffer[];
}

const numbers = { refreshSeconds: 600, retrySeconds: 60, expireSeconds: 86_400, negativeTtlSeconds: 5 };
const soa = soaValue({ primary: wire('NS.Example.test'), mailbox: wire('Root.example.test'), serial: 7, ...numbers });
const address = Buffer.of(192, 0, 2, 1);

/** Values are neither sorted nor folded: that is the signer's work. */
const RECORDS: Readonly<Record<string, Readonly<Record<number, readonly Buffer[]>>>> = {
  'example.test': {
    [TYPE.SOA]: [soa],
    [TYPE.NS]: [wire('NS2.example.test'), wire('ns.EXAMPLE.test')],
    [TYPE.MX]: [Buffer.concat([Buffer.of(0, 10), wire('Mail.example.TEST')])],
    [TYPE.DNSKEY]: signer.dnskeys(),
    [TYPE.CDS]: [cdsData(KEY), cdsData(NEXT_KEY)],
    [TYPE.CDNSKEY]: [cdnskeyData(KEY), cdnskeyData(NEXT_KEY)],
  },
  'shop.example.test': {
    [TYPE.A]: [Buffer.of(203, 0, 113, 9), address, Buffer.of(9, 9, 9, 9)],
    [TYPE.TXT]: [textValue(['b', 'c']), textValue(['a'])],
    [TYPE.HTTPS]: [Buffer.concat([Buffer.of(0, 1), wire('Svc.example.test')])],
    [TYPE.SRV]: [Buffer.concat([Buffer.of(0, 1, 0, 2, 1, 187), wire('SHOP.example.test')])],
  },
  'alias.example.test': { [TYPE.CNAME]: [wire('SHOP.Example.test')] },
  '*.wild.example.test': { [TYPE.A]: [address] },
  'leaf.empty.example.test': { [TYPE.A]: [address] },
  'secure.example.test': { [TYPE.DS]: [dsData(generateKey('secure.example.test'))] },
};

type Answer = { readonly kind: 'set'; readonly set: TestSet } | { readonly kind: 'denial'; readonly denial: Denial };

function answerTo(name: string, type: number): Answer {
  const owner = wire(name);
  if (name === 'insecure.example.test') return { kind: 'denial', denial: { kind: 'insecureDelegation' } };
  const isEmpty = Object.keys(RECORDS).some((other) => other.endsWith(`.${name}`));
  const wildcard = name.endsWith('.wild.example.test') ? RECORDS['*.wild.example.test'] : undefined;
  const sets = RECORDS[name] ?? wildcard ?? (isEmpty ? {} : undefined);
  if (sets === undefined) return { kind: 'denial', denial: { kind: 'noName' } };
  const found = sets[TYPE.CNAME] === undefined ? type : TYPE.CNAME;
  const data = sets[found];
  if (data !== undefined) return { kind: 'set', set: { owner, type: found, ttlSeconds: 60, data } };
  return { kind: 'denial', denial: { kind: 'noType', types: Object.keys(sets).map(Number) } };
}

function records({ owner, type, ttlSeconds, data }: TestSet): Buffer[] {
  return data.map((value) => {
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(type, 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt32BE(ttlSeconds, 4);
    fixed.writeUInt16BE(value.length, 8);
    return Buffer.concat([owner, fixed, value]);
  });
}

function signed(set: TestSet): Buffer[] {
  const { rrsigData } = signer.sign(set);
  return [...records(set), ...records({ ...set, type: TYPE.RRSIG, data: [rrsigData] })];
}

/** A name server of a few lines: what delv judges is only what the code under test signs. */
function respond(query: Buffer): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const name = labelsOf(question).join('.');
  const [answers, authorities] = sections(name, question.readUInt16BE(question.length - 4));
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8580, 2);
  [1, answers.length, authorities.length, 1].forEach((count, index) => header.writeUInt16BE(count, 4 + index * 2));
  const opt = Buffer.of(0, 0, TYPE.OPT, 0x10, 0, 0, 0, 0x80, 0, 0, 0);
  return Buffer.concat([header, question, ...answers, ...authorities, opt]);
}

function sections(name: string, type: number): readonly [readonly Buffer[], readonly Buffer[]] {
  const owner = wire(name);
  // Lies to be caught: a record changed after signing, and one without a signature.
  if (name === 'forged.example.test') {
    const good = { owner, type: TYPE.A, ttlSeconds: 60, data: [address] };
    return [[...records({ ...good, data: [Buffer.of(6, 6, 6, 6)] }), ...signed(good).slice(1)], []];
  }
  const unsigned = name.endsWith('.insecure.example.test') || name === 'unsigned.example.test';
  if (unsigned && type === TYPE.A) {
    return [records({ owner, type: TYPE.A, ttlSeconds: 60, data: [address] }), []];
  }
  const answer = answerTo(name, type);
  if (answer.kind === 'set') return [signed(answer.set), []];
  const apexSoa = { owner: signer.apex, type: TYPE.SOA, ttlSeconds: 5, data: [soa] };
  const data = [denialData({ owner, apex: signer.apex }, answer.denial)];
  return [[], [...signed(apexSoa), ...signed({ owner, type: TYPE.NSEC, ttlSeconds: 5, data })]];
}

function labelsOf(question: Buffer): readonly string[] {
  const labels: string[] = [];
  for (let at = 0; question.readUInt8(at) !== 0; at += 1 + question.readUInt8(at)) {
    labels.push(question.toString('latin1', at + 1, at + 1 + question.readUInt8(at)).toLowerCase());
  }
  return labels;
}

describe.skipIf(!needs('delv', 'bind9-dnsutils'))('delv, with our DS record as its trust anchor,', () => {
  let directory: string;
  let socket: Socket;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-delv-'));
    const digest = dsData(KEY).toString('hex', 4);
    await writeFile(
      join(directory, 'anchor'),
      `trust-anchors { "example.test." static-ds ${KEY.keyTag} 13 2 "${digest}"; };\n`,
    );
    socket = createSocket('udp4', (query, peer) => socket.send(respond(query), peer.port, peer.address));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  });

  afterAll(async () => {
    socket.close();
    await rm(directory, { recursive: true });
  });

  async function delv(name: string, type: string): Promise<string> {
    const anchor = ['-a', join(directory, 'anchor'), '+root=example.test'];
    const at = ['@127.0.0.1', '-p', String(socket.address().port)];
    const child: ChildProcess = spawn('delv', [...at, ...anchor, name, type], { timeout: DEADLINE_MS });
    if (child.stdout === null || child.stderr === null) throw new Error('delv has no output');
    return (await Promise.all([text(child.stdout), text(child.stderr)])).join('');
  }

  const longest = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(47)}.example.test`;
  const positive = '; fully validated';
  const negative = '; negative response, fully validated';
  it.each([
    ['example.test', 'SOA', positive],
    ['example.test', 'NS', positive],
    ['example.test', 'MX', positive],
    ['example.test', 'DNSKEY', positive],
    ['example.test', 'CDS', positive],
    ['example.test', 'CDNSKEY', positive],
    ['shop.example.test', 'A', positive],
    ['SHOP.example.test', 'TXT', positive],
    ['shop.example.test', 'HTTPS', positive],
    ['shop.example.test', 'SRV', positive],
    ['alias.example.test', 'A', positive],
    ['any.wild.example.test', 'A', positive],
    ['secure.example.test', 'DS', positive],
    ['any.wild.example.test', 'AAAA', negative],
    ['shop.example.test', 'AAAA', negative],
    ['example.test', 'A', negative],
    ['empty.example.test', 'A', negative],
    ['nothing.example.test', 'A', negative],
    ['a.b.c.nothing.example.test', 'MX', negative],
    [longest, 'A', negative],
    ['insecure.example.test', 'DS', negative],
    ['www.insecure.example.test', 'A', '; unsigned answer'],
  ])('takes the answer to %s %s: %s', async (name, type, verdict) => {
    expect(await delv(name, type)).toContain(`${verdict}\n`);
  });

  it.each(['forged.example.test', 'unsigned.example.test'])('refuses %s', async (name) => {
    expect(await delv(name, 'A')).toMatch(
      /resolution failed: (RRSIG failed to verify|no valid RRSIG|insecurity proof failed)/,
    );
  });
});
