import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAt, numberAt, textAt } from '../../src/lib/kubernetes/fields.ts';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { applyToHub, clearHub, eventsOf, getFromHub, inTurn, untilHub } from '../support/hub.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

const LEASE_WAIT_MS = 60_000;

describe('two processes and one hub', () => {
  let one: TestSluice;
  let other: TestSluice;
  const host = () => one.host('lasting');
  const east = () => testPlayground().cluster('east').address;
  const west = () => testPlayground().cluster('west').address;
  const document = (backend = V1_EAST) => aFederatedIngress({ name: 'lasting', host: host(), backends: [backend] });

  beforeAll(async () => {
    // The same Temporal namespace and zone: two of one installation.
    const name = 'huboutage';
    one = await TestSluice.start({ name, ports: { api: 18_136, dns: 15_336 }, hub: true });
    other = await TestSluice.start({ name, ports: { api: 18_137, dns: 15_337 }, hub: true });
    await applyToHub(document());
    await untilHub('fi/lasting', 'condition=Ready');
  });
  afterAll(() =>
    inTurn(
      () => testPlayground().hub.startApiServer(),
      () => clearHub('fi/lasting'),
      async () => one?.stop(),
      async () => other?.stop(),
    ),
  );

  async function holder(): Promise<string> {
    const lease = await getFromHub('lease/sluice-hub', '-n', 'sluice-system');
    return textAt(lease, 'spec', 'holderIdentity') ?? '';
  }

  /** How often a process says that it has begun to lead. */
  const led = (sluice: TestSluice) => sluice.log().split('"leads the hub"').length - 1;

  async function leader(): Promise<readonly [leads: TestSluice, waits: TestSluice]> {
    const identity = await holder();
    const found = [one, other].filter((sluice) => sluice.log().includes(identity));
    expect(found).toHaveLength(1);
    return found[0] === one ? [one, other] : [other, one];
  }

  /** Ready says that every DNS server of the hub serves the change, those of the other process too. */
  async function bothAnswer(address: string): Promise<void> {
    for (const { dig } of [one, other]) expect(await dig.count(host(), 20)).toEqual({ [address]: 20 });
  }

  async function rollOut(backend: typeof V1_EAST): Promise<void> {
    await applyToHub(document(backend));
    await untilHub('fi/lasting', `jsonpath={.status.shares}=${backend.cluster} 100`);
    await untilHub('fi/lasting', 'condition=Ready');
  }

  it('both DNS servers answer, and say in the status of the GlobalIngress what they serve; one process acts', async () => {
    const { revision } = await one.status('lasting');
    for (const { dig } of [one, other]) expect((await dig.ask(host())).values).toEqual([east()]);
    const both = await until(
      async () => {
        const found = await getFromHub(`gi/${host()}`);
        const serving = listAt(found, 'status', 'instances').filter(
          (entry) => numberAt(entry, 'revision') === revision,
        );
        const names = serving.map((entry) => textAt(entry, 'name'));
        return [one, other].every(({ dnsServer }) => names.some((name) => name?.includes(dnsServer)))
          ? found
          : undefined;
      },
      { what: 'entries of both DNS servers' },
    );
    expect(listAt(both, 'status', 'instances')).toHaveLength(2);
    expect(led(one) + led(other)).toBe(1);
    await leader();
  });

  it('the hub is away: DNS goes on, and a change goes through when it is back', async () => {
    const logged = one.log().length;
    await testPlayground().hub.stopApiServer();
    try {
      for (const { dig } of [one, other]) expect(await dig.count(host(), 500)).toEqual({ [east()]: 500 });
      // Also a DNS server that starts now: it has its last-good copy.
      const before = one.dnsProcesses();
      for (const pid of before) process.kill(pid, 'SIGKILL');
      await until(() => (one.dnsProcesses().some((pid) => before.includes(pid)) ? undefined : true), {
        what: 'another DNS server',
      });
      await until(async () => ((await one.dig.ask(host())).values[0] === east() ? true : undefined), {
        what: 'an answer of a DNS server that has started without the hub',
      });
      // Longer than the watches take to see it and to try again.
      const refused = () => (one.log().slice(logged).includes('ECONNREFUSED') ? true : undefined);
      await until(refused, { what: 'a word in the log that the hub is away' });
    } finally {
      await testPlayground().hub.startApiServer();
    }
    await rollOut(V2_WEST);
    await bothAnswer(west());
  });

  it('kill -9 of the one that acts: the other takes over, and nothing is done twice', async () => {
    const [leads, waits] = await leader();
    const before = await holder();
    await leads.kill();
    const killed = Date.now();
    const taken = async () => ((await holder()) === before ? undefined : true);
    await until(taken, { what: 'another holder of the lease', timeoutMs: LEASE_WAIT_MS });
    console.info(`the other led after ${Date.now() - killed} ms`);
    await until(() => (waits.log().includes('"leads the hub"') ? true : undefined), { what: 'the other leads' });
    expect(waits.log()).toContain(await holder());

    // The DNS server of the killed one lives on, and the other one waits for it.
    const outlived = leads.dnsProcesses();
    for (const pid of outlived) process.kill(pid, 'SIGSTOP');
    try {
      await applyToHub(document(V1_EAST));
      await waits.untilStatus('lasting', 'a DNS server that does not go on is waited for', ({ message }) => {
        return message.includes(`${leads.dnsServer} serves revision`);
      });
    } finally {
      for (const pid of outlived) process.kill(pid, 'SIGCONT');
    }
    await rollOut(V1_EAST);
    await bothAnswer(east());
    const { history, generation } = await waits.status('lasting');
    expect(generation).toBe(3);
    expect(history.filter(({ action }) => action === 'Applied')).toHaveLength(3);

    await leads.serve();
    await rollOut(V2_WEST);
    expect(await leads.dig.count(host(), 100)).toEqual({ [west()]: 100 });
    expect(waits.log()).toContain(await holder());

    // Who takes over tells what it finds, which was told before.
    const { uid } = (await getFromHub('fi/lasting')).metadata;
    const told = (await eventsOf('lasting', uid)).filter(({ reason }) => reason === 'Applied');
    const messages = told.map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringContaining('generation 1'));
    expect(messages).toEqual([...new Set(messages)]);
  });
});
