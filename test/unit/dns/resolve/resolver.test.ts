import { Resolver } from 'node:dns/promises';
import { isDeepStrictEqual } from 'node:util';
import { createServer, Packet } from 'dns2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isAllowedAddress } from '../../../../src/lib/allowed-address.ts';
import type { GlobalIngress, Target } from '../../../../src/plan/global-ingress.ts';
import { HostnameResolver } from '../../../../src/planes/dns/resolve/resolver.ts';
import { until } from '../../../support/until.ts';
import { aState } from '../health/builders.ts';

/** What the DNS server has: addresses by name and type. `servfail`: it says that it cannot tell. */
type Records = Readonly<Record<string, readonly string[] | 'servfail'>>;
let records: Records;
let asked: string[];
let changes: string[];
let resolver: HostnameResolver;
let servers: Resolver;

const TYPES: Readonly<Record<number, string>> = { [Packet.TYPE.A]: 'A', [Packet.TYPE.AAAA]: 'AAAA' };

const server = createServer({
  udp: true,
  handle(request, send) {
    const response = Packet.createResponseFromRequest(request);
    const [question] = request.questions;
    const key = `${question?.name} ${TYPES[question?.type ?? 0]}`;
    asked.push(key);
    const found = records[key] ?? [];
    if (found === 'servfail') Object.assign(response.header, { rcode: 2 });
    for (const address of found === 'servfail' ? [] : found) {
      if (question) response.answers.push(Packet.createResourceFromQuestion(question, { ttl: 1, address }));
    }
    void send(response);
  },
});

beforeAll(async () => {
  const { udp } = await server.listen({ udp: { port: 0, address: '127.0.0.1' } });
  if (!udp) throw new Error('no address');
  servers = new Resolver({ timeout: 5_000, tries: 1 });
  servers.setServers([`127.0.0.1:${udp.port}`]);
});
afterAll(() => server.close());

beforeEach(() => {
  [asked, changes, records] = [[], [], {}];
  resolver = new HostnameResolver({
    resolver: servers,
    isAllowed: (cluster, address) => isAllowedAddress(address, CIDRS[cluster] ?? []),
    onChange: (host) => changes.push(host),
  });
});
afterEach(() => resolver.stop());

const CIDRS: Readonly<Record<string, readonly string[]>> = {
  east: ['10.0.0.0/8', '2001:db8::/32'],
  west: ['10.2.0.0/16'],
};
const LB = 'lb.example.net';

function aTarget(overrides: Partial<Target> = {}): Target {
  return { cluster: 'east', share: 10_000, addresses: ['10.0.0.1'], hostnames: [LB], ...overrides };
}

/** Keeps one hostname for each target. */
function keep(...targets: readonly Target[]): readonly GlobalIngress[] {
  const states = targets.map((target, index) => aState([target], { host: `shop${index}.example.test` }));
  resolver.keep(states);
  return states;
}

const seen = (what: string, look: () => boolean): Promise<true> =>
  until(() => (look() ? true : undefined), { what, timeoutMs: 15_000 });
/** A look-up that was under way when the records changed may have seen some of both. */
const untilHas = (target: Target, ...addresses: readonly string[]): Promise<true> =>
  seen(addresses.join(), () => isDeepStrictEqual(resolver.addressesOf(target), addresses));
const asks = (key: string): number => asked.filter((one) => one === key).length;

/** Waits until a look-up that began after this moment has ended: the next one has been asked. */
async function untilAskedAgain(key = `${LB} A`): Promise<void> {
  const before = asks(key);
  await seen(`${key} is asked twice more`, () => asks(key) >= before + 2);
}

describe('the name of a load balancer', () => {
  it('stands for what the control side has found until it is resolved here', async () => {
    const target = aTarget();
    records = { [`${LB} A`]: ['10.0.0.3', '10.0.0.2'], [`${LB} AAAA`]: ['2001:db8::1'] };
    expect(resolver.addressesOf(target)).toEqual(['10.0.0.1']);
    keep(target);
    expect(resolver.addressesOf(target)).toEqual(['10.0.0.1']);
    await seen('a change', () => changes.length > 0);
    expect(resolver.addressesOf(target)).toEqual(['10.0.0.2', '10.0.0.3', '2001:db8::1']);
    expect(changes).toEqual(['shop0.example.test']);
  });

  it('is looked up again at half its TTL, and only a change is told', async () => {
    const target = aTarget();
    records = { [`${LB} A`]: ['10.0.0.2'] };
    keep(target);
    await untilAskedAgain();
    expect(changes).toHaveLength(1);
    records = { [`${LB} A`]: ['10.0.0.9'] };
    await untilHas(target, '10.0.0.9');
    expect(changes).toHaveLength(2);
  });

  it('tells nothing when it stands for what was known already', async () => {
    records = { [`${LB} A`]: ['10.0.0.1'] };
    keep(aTarget());
    await seen('an answer', () => resolver.snapshot()[0]?.resolvedAt !== null);
    expect(changes).toEqual([]);
  });

  it.each<[string, Records]>([
    ['cannot be asked for', { [`${LB} A`]: 'servfail', [`${LB} AAAA`]: 'servfail' }],
    ['has no address any more', {}],
  ])('keeps its last good addresses while it %s, and shows their age', async (_name, broken) => {
    const target = aTarget();
    records = { [`${LB} A`]: ['10.0.0.2'] };
    keep(target);
    await seen('a change', () => changes.length === 1);
    const [good] = resolver.snapshot();
    records = broken;
    await seen('a failure', () => resolver.snapshot()[0]?.failure !== null);
    expect(resolver.addressesOf(target)).toEqual(['10.0.0.2']);
    expect(resolver.snapshot()).toEqual([{ ...good, failure: expect.stringContaining(LB) }]);
    expect(changes).toHaveLength(1);
  });

  it('keeps a family that cannot be asked for, and loses one that is gone', async () => {
    const target = aTarget();
    records = { [`${LB} A`]: ['10.0.0.2'], [`${LB} AAAA`]: ['2001:db8::1'] };
    keep(target);
    await seen('a change', () => changes.length === 1);
    records = { [`${LB} A`]: ['10.0.0.3'] };
    await untilHas(target, '10.0.0.3');
    records = { [`${LB} A`]: 'servfail', [`${LB} AAAA`]: ['2001:db8::2'] };
    await untilHas(target, '10.0.0.3', '2001:db8::2');
  });

  it('gives a cluster only the addresses that it may have', async () => {
    const [east, west] = [aTarget(), aTarget({ cluster: 'west', addresses: ['10.2.0.1'] })];
    records = { [`${LB} A`]: ['10.1.0.1', '10.2.0.9', '127.0.0.1', '169.254.169.254'] };
    keep(east, west);
    await seen('both changes', () => changes.length === 2);
    expect(resolver.addressesOf(east)).toEqual(['10.1.0.1', '10.2.0.9']);
    expect(resolver.addressesOf(west)).toEqual(['10.2.0.9']);
  });

  it('does not leave a cluster without an address when it may have none of them', async () => {
    const target = aTarget();
    records = { [`${LB} A`]: ['127.0.0.1'] };
    keep(target);
    await seen('an answer', () => resolver.snapshot()[0]?.resolvedAt !== null);
    expect(resolver.addressesOf(target)).toEqual(['10.0.0.1']);
    expect(changes).toEqual([]);
  });

  it('is joined by the other names of the target, with what the control side found while one is missing', async () => {
    const target = aTarget({ hostnames: [LB, 'lb2.example.net'] });
    records = { [`${LB} A`]: ['10.0.0.2'] };
    keep(target);
    await untilHas(target, '10.0.0.1', '10.0.0.2');
    records = { ...records, 'lb2.example.net A': ['10.0.0.3'] };
    await untilHas(target, '10.0.0.2', '10.0.0.3');
  });

  it('is looked up once for all hostnames that share it, and no longer than one does', async () => {
    records = { [`${LB} A`]: ['10.0.0.2'] };
    keep(...Array.from({ length: 50 }, () => aTarget()));
    await seen('all changes', () => changes.length >= 50);
    // One answer was a change for each of them.
    expect(new Set(changes).size).toBe(50);
    expect(asks(`${LB} A`)).toBeLessThan(50);
    const other = aTarget({ hostnames: ['other.example.net'] });
    keep(other);
    expect(resolver.snapshot().map(({ hostname }) => hostname)).toEqual(['other.example.net']);
  });
});

describe('a target without names', () => {
  it('has the addresses of its state, and nothing is looked up', () => {
    const target = aTarget({ hostnames: [] });
    keep(target);
    expect(resolver.addressesOf(target)).toBe(target.addresses);
    expect(resolver.snapshot()).toEqual([]);
  });
});
