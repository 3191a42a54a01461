import { describe, expect, it } from 'vitest';
import type { TrafficRouting } from '../../../src/plan/global-ingress.ts';
import { CookieJar } from '../../../src/planes/dns/limits/cookies.ts';
import { regionTable } from '../../../src/planes/dns/regions.ts';
import { OPTION, RCODE, TYPE } from '../../support/dns-wire.ts';
import {
  anIngress,
  anOpt,
  anOption,
  aQuery,
  aResponder,
  EAST,
  HOST,
  type ResponderOptions,
  read,
  served,
  WEST,
} from './support.ts';

const CLIENT_COOKIE = '0102030405060708';

interface Asked {
  readonly name?: string;
  readonly type?: number;
  readonly class?: number;
  readonly transport?: 'udp' | 'tcp';
  readonly address?: string;
  readonly server?: ResponderOptions;
}

/** The response to a query with these options, by code. */
function ask(options: Buffer, { name = HOST, transport, address, server, ...query }: Asked = {}) {
  const { respond } = aResponder(server);
  const seen = read(respond(aQuery(name, { ...query, additionals: [anOpt({ options })] }), transport, address));
  const data = new Map(seen.message.opt?.options.map((one) => [one.code, one.data.toString('hex')]));
  return { ...seen, data };
}

const NO_OPTIONS = Buffer.alloc(0);

describe('NSID (RFC 5001)', () => {
  const server = { settings: { nsid: Buffer.from('dns-1') } };

  it('is told to who asks, if the settings have one', () => {
    expect(ask(anOption(OPTION.NSID), { server }).data.get(OPTION.NSID)).toBe(Buffer.from('dns-1').toString('hex'));
    expect(ask(NO_OPTIONS, { server }).data.size).toBe(0);
    expect(ask(anOption(OPTION.NSID)).data.size).toBe(0);
  });
});

describe('TCP keepalive (RFC 7828)', () => {
  it('tells who asks how long a connection may be idle, over TCP only', () => {
    const option = anOption(OPTION.KEEPALIVE);
    expect(ask(option, { transport: 'tcp' }).data.get(OPTION.KEEPALIVE)).toBe('0064');
    expect(ask(NO_OPTIONS, { transport: 'tcp' }).data.size).toBe(0);
    expect(ask(option, { transport: 'udp' }).data.size).toBe(0);
  });
});

describe('cookies (RFC 7873, RFC 9018)', () => {
  const cookies = new CookieJar({ secrets: [Buffer.alloc(16, 7)], now: () => 1_600_000_000 });
  const server = { settings: { cookies } };
  const send = (hex: string, address = '192.0.2.1') =>
    ask(anOption(OPTION.COOKIE, hex), { server, address }).data.get(OPTION.COOKIE) ?? '';

  it("come back with a server cookie that is good for the client's address", () => {
    const cookie = send(CLIENT_COOKIE);
    expect(cookie).toMatch(/^0102030405060708010000005f5e1000[0-9a-f]{16}$/);
    const verdict = (address: number[]) => cookies.verify(Buffer.from(cookie, 'hex'), Buffer.from(address));
    expect(verdict([192, 0, 2, 1])).toBe('valid');
    expect(verdict([192, 0, 2, 2])).toBe('bad');
    expect(send(cookie)).toBe(cookie);
  });

  it('are the same for an address in IPv6 clothes, and not for another one', () => {
    expect(send(CLIENT_COOKIE, '::ffff:192.0.2.1')).toBe(send(CLIENT_COOKIE));
    expect(send(CLIENT_COOKIE, '2001:db8::1')).not.toBe(send(CLIENT_COOKIE));
  });

  it('of others are answered with one of ours', () => {
    expect(send(`${CLIENT_COOKIE}${'ab'.repeat(16)}`)).toBe(send(CLIENT_COOKIE));
    expect(send(`${CLIENT_COOKIE}${'ab'.repeat(32)}`)).toBe(send(CLIENT_COOKIE));
  });

  it.each([0, 7, 9, 15, 41])('of %i octets are FORMERR (RFC 7873 section 5.2.2)', (length) => {
    const option = anOption(OPTION.COOKIE, Buffer.alloc(length));
    expect(read(aResponder(server).respond(aQuery(HOST, { additionals: [anOpt({ options: option })] }))).rcode).toBe(
      RCODE.FORMERR,
    );
  });

  it('are left alone when the settings have none', () => {
    expect(ask(anOption(OPTION.COOKIE, CLIENT_COOKIE)).data.size).toBe(0);
  });
});

describe('client subnet (RFC 7871)', () => {
  const weighted = (draw: Extract<TrafficRouting, { kind: 'weighted' }>['draw']) =>
    ({ kind: 'weighted', draw }) as const;
  const sticky = {
    kind: 'sticky',
    slots: [
      { cluster: 'east', count: 9_000 },
      { cluster: 'west', count: 1_000 },
    ],
  } as const;
  const geo = {
    kind: 'geo',
    regions: [{ name: 'eu', clusters: ['east', 'west'] }],
    draw: { kind: 'stratified' },
  } as const;
  const regions = regionTable({ networks: { eu: ['192.0.0.0/11', '2001:db8::/36'] } });
  const WITH_IPV6 = { ...WEST, addresses: [...WEST.addresses, '::c'] };

  function scopeOf(hex: string, routing: TrafficRouting, type: number = TYPE.A): string | undefined {
    const hosts = [served(anIngress({ routing, targets: [EAST, WITH_IPV6] }))];
    return ask(anOption(OPTION.ECS, hex), { type, server: { hosts, regions } }).data.get(OPTION.ECS);
  }

  const SUBNET_4 = '00011800c00002';
  const SUBNET_6 = '0002380020010db8000000';

  it.each([
    ['by turns: it is the same for all', weighted({ kind: 'stratified' }), '00011800c00002', '0002380020010db8000000'],
    ['sticky: by the network', weighted(sticky), '00011818c00002', '0002383820010db8000000'],
    ['by region: by the network of the settings', geo, '0001180bc00002', '0002382420010db8000000'],
    ['sticky in a region: by the longer one', { ...geo, draw: sticky }, '00011818c00002', '0002383820010db8000000'],
    ['failover', { kind: 'failover', clusters: ['west'] } as const, '00011800c00002', '0002380020010db8000000'],
  ])('is echoed with the scope that the answer has, drawn %s', (_name, routing, ipv4, ipv6) => {
    expect(scopeOf(SUBNET_4, routing)).toBe(ipv4);
    expect(scopeOf(SUBNET_6, routing, TYPE.AAAA)).toBe(ipv6);
  });

  it('has scope 0 where nothing is drawn, and when the client gives nothing away', () => {
    const hosts = [served(anIngress({ routing: weighted(sticky) }))];
    const subnet = (name: string, hex = SUBNET_4, type: number = TYPE.A) =>
      ask(anOption(OPTION.ECS, hex), { name, type, server: { hosts } }).data.get(OPTION.ECS);
    for (const name of ['nothing.example.test', `east.${HOST}`, 'ns1.example.test'])
      expect(subnet(name)).toBe(SUBNET_4);
    expect(subnet(HOST, SUBNET_4, TYPE.TXT)).toBe(SUBNET_4);
    expect(subnet(HOST, '00010000')).toBe('00010000');
  });

  it('decides, not the resolver that asks; without it the resolver does', () => {
    const hosts = [
      served(
        anIngress({
          routing: weighted(sticky),
          targets: [
            { ...EAST, share: 5_000 },
            { ...WEST, share: 5_000 },
          ],
        }),
      ),
    ];
    const drawn = (third: number, resolver: string, clientSubnet: boolean) => {
      const options = anOption(OPTION.ECS, Buffer.from([0, 1, 24, 0, 198, 51, third]));
      return ask(options, { address: resolver, server: { hosts, settings: { clientSubnet } } });
    };
    for (let third = 0; third < 50; third += 1) {
      const [one, other] = ['192.0.2.1', '203.0.113.1'].map((resolver) => drawn(third, resolver, true).addresses);
      expect(one).toEqual(other);
      const ignored = drawn(third, '192.0.2.1', false);
      expect(ignored.data.size).toBe(0);
      expect(ignored.addresses).toEqual(drawn(0, '192.0.2.1', false).addresses);
    }
  });

  it.each([
    ['half an option', '000118'],
    ['a scope in a query', '00011818c00002'],
    ['more bits than an address has', '00012100c000020100'],
    ['too few octets', '00011800c000'],
    ['too many octets', '00011800c0000201'],
    ['bits behind the prefix', '00011700c00003'],
    ['more bits than an IPv6 address has', `00028100${'00'.repeat(17)}`],
  ])('is FORMERR with %s', (_name, hex) => {
    const message = aQuery(HOST, { additionals: [anOpt({ options: anOption(OPTION.ECS, hex) })] });
    expect(read(aResponder().respond(message)).rcode).toBe(RCODE.FORMERR);
  });

  it('of a family that is not known is left alone', () => {
    expect(ask(anOption(OPTION.ECS, '00630000')).data.size).toBe(0);
  });
});

describe('extended errors (RFC 8914)', () => {
  it.each([
    ['not authoritative', 20, { name: 'other.test' }],
    ['prohibited: a transfer', 18, { name: 'example.test', type: TYPE.AXFR }],
    ['prohibited: facts for strangers', 18, { name: `_sluice.${HOST}`, type: TYPE.TXT, address: '192.0.2.1' }],
    ['not supported: a class', 21, { class: 3 }],
    ['not ready', 14, { server: { synced: false } }],
    ['invalid query type: NXNAME (RFC 9824)', 30, { type: 128 }],
  ])('say why: %s', (_name, code, asked: Asked) => {
    const told = ask(NO_OPTIONS, asked);
    expect(told.data.get(OPTION.EDE)).toBe(code.toString(16).padStart(4, '0'));
    expect(told.rcode).not.toBe(RCODE.NOERROR);
    const silent = { ...asked.server, settings: { extendedErrors: false } };
    expect(ask(NO_OPTIONS, { ...asked, server: silent }).data.size).toBe(0);
  });

  it('are not for answers without a fault, nor for clients without EDNS', () => {
    for (const name of [HOST, 'nothing.example.test', 'example.test'])
      expect(ask(NO_OPTIONS, { name }).data.size).toBe(0);
    expect(read(aResponder().respond(aQuery('other.test'))).opt).toBeUndefined();
  });
});

describe('several options', () => {
  it('are answered together, whatever the rcode, and fit the limit', () => {
    const cookies = new CookieJar({ secrets: [Buffer.alloc(16)], now: () => 0 });
    const server = { settings: { cookies, nsid: Buffer.alloc(64, 'n') } };
    const options = Buffer.concat([
      anOption(OPTION.PADDING, Buffer.alloc(40)),
      anOption(OPTION.NSID),
      anOption(OPTION.COOKIE, CLIENT_COOKIE),
      anOption(OPTION.ECS, '00011800c00002'),
    ]);
    const [shop, other] = [HOST, 'other.test'].map((name) => new Set(ask(options, { name, server }).data.keys()));
    expect(shop).toEqual(new Set([OPTION.COOKIE, OPTION.NSID, OPTION.ECS]));
    expect(other).toEqual(new Set([OPTION.COOKIE, OPTION.NSID, OPTION.ECS, OPTION.EDE]));
  });

  it('count for the size: what does not fit beside them is truncated', () => {
    const addresses = Array.from({ length: 26 }, (_value, index) => `10.0.0.${index}`);
    const hosts = [served(anIngress({ targets: [{ ...EAST, share: 10_000, addresses }] }))];
    const { respond } = aResponder({ hosts, settings: { nsid: Buffer.alloc(60, 'n') } });
    const sized = (options: Buffer) => respond(aQuery(HOST, { additionals: [anOpt({ size: 512, options })] }));
    expect(read(sized(NO_OPTIONS)).truncated).toBe(false);
    const full = sized(anOption(OPTION.NSID));
    expect(full?.length).toBeLessThanOrEqual(512);
    expect(read(full)).toMatchObject({ truncated: true, addresses: [] });
    expect(read(full).opt?.options).toHaveLength(1);
  });
});
