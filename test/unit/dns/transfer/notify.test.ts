import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Notifier, type NotifierOptions, type NotifyOutcome } from '../../../../src/planes/dns/transfer/notify.ts';
import type { Secondary } from '../../../../src/planes/dns/transfer/policy.ts';
import { authenticate, signResponse } from '../../../../src/planes/dns/transfer/tsig.ts';
import { soaSerial } from '../../../../src/planes/dns/transfer/zone-version.ts';
import { nameOctets, RCODE, TYPE, words } from '../../../support/dns-wire.ts';
import { until } from '../../../support/until.ts';
import { KEY, soa, ZONE } from './support.ts';

const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});

type Reply = (message: Buffer, nth: number) => readonly Buffer[];

/** A secondary that gives these replies over a real socket, and what it has got. */
async function aSecondary(reply: Reply, key?: Secondary['key']) {
  const got: { readonly message: Buffer; readonly from: RemoteInfo }[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    got.push({ message, from });
    for (const one of reply(message, got.length)) socket.send(one, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  ending.push(() => socket.close());
  const secondary: Secondary = { address: { host: '127.0.0.1', port: socket.address().port }, key };
  return { secondary, got, socket };
}

function aNotifier(secondaries: readonly Secondary[], options: Partial<NotifierOptions> = {}) {
  const outcomes: NotifyOutcome[] = [];
  const notifier = new Notifier({
    secondaries,
    onOutcome: (outcome) => outcomes.push(outcome),
    timing: { waitsMs: [40, 40, 40], gapMs: 0 },
    ...options,
  });
  ending.push(() => notifier.stop());
  const untilOutcomes = (count: number) =>
    until(() => (outcomes.length >= count ? outcomes : undefined), { what: `${count} outcomes`, timeoutMs: 15_000 });
  return { notifier, outcomes, untilOutcomes };
}

function aReply(message: Buffer, { rcode = 0, id = message.readUInt16BE(0), opcode = 4 } = {}): Buffer {
  const reply = Buffer.from(message.subarray(0, 12 + nameOctets(ZONE).length + 4));
  words(id, 0x8400 | (opcode << 11) | rcode, 1, 0, 0, 0).copy(reply);
  return reply;
}

/** What was sent is read some time after. */
const untilGot = (got: readonly object[], count: number) =>
  until(() => got.length === count || undefined, { what: `${count} messages`, timeoutMs: 15_000 });

/** Longer than any of these tests may take. */
const PATIENT = { waitsMs: [30_000], gapMs: 0 };

describe('telling a secondary of a change', () => {
  it('sends a NOTIFY with the new SOA and takes the reply', async () => {
    const { secondary, got } = await aSecondary((message) => [aReply(message)]);
    const { notifier, untilOutcomes } = aNotifier([secondary], { timing: PATIENT });
    notifier.changed(soa(7));
    expect(await untilOutcomes(1)).toEqual([
      { secondary, soa: soa(7), tries: 1, milliseconds: expect.any(Number), result: { kind: 'acknowledged' } },
    ]);
    const [message = Buffer.alloc(0)] = got.map((one) => one.message);
    const { data } = soa(7);
    const expected = [
      words(message.readUInt16BE(0), 0x2400, 1, 1, 0, 0),
      nameOctets(ZONE),
      words(TYPE.SOA, 1, 0xc00c, TYPE.SOA, 1, 0, 5, data.length),
      data,
    ];
    expect(message).toEqual(Buffer.concat(expected));
  });

  it('signs with the key of the secondary, and takes a reply that is signed with it', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const signed: Reply = (message) => [
      signResponse(aReply(message), authenticate(message, { keys: [KEY], nowSeconds: now }), now),
    ];
    const { secondary } = await aSecondary(signed, KEY);
    const { notifier, untilOutcomes } = aNotifier([secondary], { timing: PATIENT });
    notifier.changed(soa(7));
    expect(await untilOutcomes(1)).toMatchObject([{ tries: 1, result: { kind: 'acknowledged' } }]);
  });

  it('sends it again until there is a reply, and the same octets each time', async () => {
    const { secondary, got } = await aSecondary((message, nth) => (nth === 3 ? [aReply(message)] : []));
    const { notifier, untilOutcomes } = aNotifier([secondary], { timing: { waitsMs: [40, 40, 30_000], gapMs: 0 } });
    notifier.changed(soa(7));
    expect(await untilOutcomes(1)).toMatchObject([{ tries: 3, result: { kind: 'acknowledged' } }]);
    expect(got[2]?.message).toEqual(got[0]?.message);
  });

  it.each<[string, Reply, Secondary['key'], object]>([
    ['there is none', () => [], undefined, { kind: 'silent' }],
    ['it says no', (message) => [aReply(message, { rcode: RCODE.REFUSED })], undefined, { kind: 'refused', rcode: 5 }],
    ['it is not signed', (message) => [aReply(message)], KEY, { kind: 'untrusted' }],
    [
      'it has another id',
      (message) => [aReply(message, { id: message.readUInt16BE(0) ^ 1 })],
      undefined,
      { kind: 'silent' },
    ],
    ['it has another opcode', (message) => [aReply(message, { opcode: 0 })], undefined, { kind: 'silent' }],
    ['it is the request', (message) => [message], undefined, { kind: 'silent' }],
    ['it is a runt', (message) => [message.subarray(0, 11)], undefined, { kind: 'silent' }],
  ])('goes on after a reply and says so in the end when %s', async (_, reply, key, problem) => {
    const { secondary, got } = await aSecondary(reply, key);
    const { notifier, untilOutcomes } = aNotifier([secondary]);
    notifier.changed(soa(7));
    expect(await untilOutcomes(1)).toMatchObject([{ tries: 3, result: { kind: 'failed', problem } }]);
    await untilGot(got, 3);
  });

  it('does not take a reply from elsewhere', async () => {
    const stranger = createSocket('udp4');
    ending.push(() => stranger.close());
    const { secondary, socket, got } = await aSecondary(() => []);
    socket.on('message', (message, from) => stranger.send(aReply(message), from.port, from.address));
    const { notifier, untilOutcomes } = aNotifier([secondary]);
    notifier.changed(soa(7));
    expect(await untilOutcomes(1)).toMatchObject([{ result: { kind: 'failed', problem: { kind: 'silent' } } }]);
    await untilGot(got, 3);
  });

  it('says so when this machine cannot send there, and goes on', async () => {
    // Broadcast is not allowed to a plain socket.
    const nowhere: Secondary = { address: { host: '255.255.255.255', port: 53 } };
    const { notifier, untilOutcomes } = aNotifier([nowhere]);
    notifier.changed(soa(7));
    const problem = { kind: 'unreachable', code: 'EACCES' };
    expect(await untilOutcomes(1)).toMatchObject([{ tries: 3, result: { kind: 'failed', problem } }]);
  });

  it('sends nothing from another address when the one that it is given is not to be had', async () => {
    const { secondary, got } = await aSecondary((message) => [aReply(message)]);
    const { notifier, untilOutcomes } = aNotifier([secondary], { source: '203.0.113.77' });
    notifier.changed(soa(7));
    const problem = { kind: 'unreachable', code: 'EADDRNOTAVAIL' };
    expect(await untilOutcomes(1)).toMatchObject([{ tries: 0, result: { kind: 'failed', problem } }]);
    expect(got).toEqual([]);
  });

  it('sends from the address that it is given', async () => {
    const { secondary, got } = await aSecondary((message) => [aReply(message)]);
    const { notifier, untilOutcomes } = aNotifier([secondary], { source: '127.0.0.42' });
    notifier.changed(soa(7));
    await untilOutcomes(1);
    expect(got[0]?.from.address).toBe('127.0.0.42');
  });
});

describe('several at once', () => {
  it('is not held up by a secondary that is silent', async () => {
    const silent = await aSecondary(() => []);
    const quick = await aSecondary((message) => [aReply(message)]);
    const { notifier, outcomes, untilOutcomes } = aNotifier([silent.secondary, quick.secondary], { timing: PATIENT });
    notifier.changed(soa(7));
    await untilOutcomes(1);
    expect(outcomes).toMatchObject([{ secondary: quick.secondary, result: { kind: 'acknowledged' } }]);
  });

  it('gives up an older serial for a newer one, and tells each zone apart', async () => {
    const heard: number[] = [];
    const { secondary } = await aSecondary((message) => {
      const serial = message.readUInt32BE(message.length - 20);
      heard.push(serial);
      return serial === 7 ? [] : [aReply(message)];
    });
    const { notifier, untilOutcomes } = aNotifier([secondary], { timing: PATIENT });
    notifier.changed(soa(7));
    notifier.changed(soa(30, 'other.test'));
    await until(() => heard.includes(7) || undefined, { what: 'serial 7 is heard' });
    notifier.changed(soa(8));
    const outcomes = await untilOutcomes(3);
    const told = outcomes.map((outcome) => `${soaSerial(outcome.soa)} ${outcome.result.kind}`);
    expect(told.sort()).toEqual(['30 acknowledged', '7 superseded', '8 acknowledged']);
  });

  it('leaves the gap between two changes', async () => {
    const { secondary } = await aSecondary((message) => [aReply(message)]);
    const { notifier, untilOutcomes } = aNotifier([secondary], { timing: { waitsMs: [30_000], gapMs: 200 } });
    const start = performance.now();
    notifier.changed(soa(1));
    await untilOutcomes(1);
    notifier.changed(soa(2));
    await untilOutcomes(2);
    // Timers may be early by a part of a millisecond.
    expect(performance.now() - start).toBeGreaterThan(198);
  });

  it('sends a run of changes as one, the newest', async () => {
    const { secondary, got } = await aSecondary((message) => [aReply(message)]);
    const { notifier, untilOutcomes } = aNotifier([secondary], { timing: { waitsMs: [30_000], gapMs: 100 } });
    notifier.changed(soa(1));
    await untilOutcomes(1);
    for (let serial = 2; serial <= 50; serial += 1) notifier.changed(soa(serial));
    const outcomes = await untilOutcomes(50);
    expect(outcomes.at(-1)).toMatchObject({ soa: soa(50), result: { kind: 'acknowledged' } });
    expect(outcomes.filter(({ result }) => result.kind === 'superseded')).toHaveLength(48);
    expect(got).toHaveLength(2);
  });

  it('tells nothing and sends nothing once it is stopped', async () => {
    const { secondary, got } = await aSecondary((message) => [aReply(message)]);
    const { notifier, outcomes } = aNotifier([secondary], { timing: { waitsMs: [30_000], gapMs: 60_000 } });
    notifier.changed(soa(1));
    await until(() => outcomes[0], { what: 'the first outcome' });
    notifier.changed(soa(2));
    notifier.stop();
    notifier.changed(soa(3));
    await new Promise(setImmediate);
    expect([outcomes.length, got.length]).toEqual([1, 1]);
  });
});
