import { describe, expect, it } from 'vitest';
import { Networks } from '../../../src/planes/dns/limits/networks.ts';
import { OPTION, RCODE, TYPE } from '../../support/dns-wire.ts';
import {
  anIngress,
  anOpt,
  anOption,
  aQuery,
  aResponder,
  aZone,
  EAST,
  HOST,
  type Known,
  read,
  served,
  WEST,
} from './support.ts';

const { A, TXT, AAAA, HTTPS } = TYPE;

function serving(overrides: Parameters<typeof anIngress>[0] = {}, known: Known = {}) {
  return aResponder({ hosts: [served(anIngress(overrides), known)] });
}

const textOf = (response: Buffer | undefined) => read(response).message.answers.map(({ text }) => text);

describe('what is told to some only', () => {
  const trusted = Networks.parse(['192.0.2.0/24', '2001:db8::/32']);

  it.each([
    ['_sluice', '192.0.2.77', RCODE.NOERROR],
    ['_sluice', '2001:db8::9', RCODE.NOERROR],
    ['_sluice', '::ffff:192.0.2.1', RCODE.NOERROR],
    ['_sluice', '192.0.3.1', RCODE.REFUSED],
    ['_sluice', '127.0.0.1', RCODE.REFUSED],
    ['_sluice', '2001:db9::1', RCODE.REFUSED],
    ['_explain', '192.0.2.77', RCODE.NOERROR],
    ['_explain', '192.0.3.1', RCODE.REFUSED],
  ])('%s for %s: rcode %i, with a reason where it is refused', (label, address, rcode) => {
    const { respond } = aResponder({ settings: { trusted } });
    for (const transport of ['udp', 'tcp'] as const) {
      const seen = read(respond(aQuery(`${label}.${HOST}`, { type: TXT, additionals: [anOpt()] }), transport, address));
      expect(seen.rcode).toBe(rcode);
      expect(seen.message.answers).toHaveLength(rcode === RCODE.NOERROR ? 1 : 0);
      expect(seen.opt?.options).toEqual(rcode === RCODE.NOERROR ? [] : [`${OPTION.EDE} 0012`]);
    }
  });

  it('is not given to who only asks on behalf of a network that may', () => {
    const options = anOption(OPTION.ECS, '00011800c00002');
    const query = aQuery(`_sluice.${HOST}`, { type: TXT, additionals: [anOpt({ options })] });
    expect(read(aResponder({ settings: { trusted } }).respond(query, 'udp', '203.0.113.1')).rcode).toBe(RCODE.REFUSED);
  });

  it('does not hide that other types are not there', () => {
    expect(read(aResponder().respond(aQuery(`_sluice.${HOST}`), 'udp', '203.0.113.1'))).toMatchObject({
      rcode: RCODE.NOERROR,
      authority: ['6 example.test'],
    });
  });
});

it('a preview host answers, tells and has challenges, but no names for clusters, which its host has', () => {
  const preview = served(anIngress({ previewOf: 'host.example.test' }), { challenges: ['set'] });
  const { respond } = aResponder({ hosts: [preview] });
  expect(read(respond(aQuery(HOST))).addresses).toHaveLength(1);
  expect(read(respond(aQuery(`_acme-challenge.${HOST}`, { type: TXT }))).message.answers).toHaveLength(1);
  expect(textOf(respond(aQuery(`_sluice.${HOST}`, { type: TXT })))[0]).toContain('revision=7');
  expect(read(respond(aQuery(`east.${HOST}`))).rcode).toBe(RCODE.NXDOMAIN);
});

describe('_explain', () => {
  const sticky = {
    kind: 'weighted',
    draw: {
      kind: 'sticky',
      slots: [
        { cluster: 'east', count: 5_000 },
        { cluster: 'west', count: 5_000 },
      ],
    },
  } as const;
  const state = {
    routing: sticky,
    targets: [
      { ...EAST, share: 5_000 },
      { ...WEST, share: 5_000 },
    ],
  };

  const explain = (server: ReturnType<typeof serving>, subnet?: string) => {
    const additionals = [anOpt({ options: subnet === undefined ? Buffer.alloc(0) : anOption(OPTION.ECS, subnet) })];
    return textOf(server.respond(aQuery(`_explain.${HOST}`, { type: TXT, additionals })))[0] ?? '';
  };

  it('says what this client gets, and why', () => {
    const text = explain(serving(state, { down: ['west'] }), '00011800c63364');
    for (const fact of ['revision=7', 'client=198.51.100.0/24', 'routing=weighted', 'draw=sticky', 'share=west 5000']) {
      expect(text).toContain(`"${fact}"`);
    }
    expect(text).toContain('"health=west down 1970-01-01T00:00:00.000Z as the test says"');
    expect(text).toContain('"answer=A east"');
    expect(text).not.toContain('answer=A west');
    expect(explain(serving({}, { failsOpen: true }))).toContain('"failsOpen=true"');
  });

  it('says of each client what it really gets', () => {
    const server = serving(state);
    for (let third = 0; third < 100; third += 1) {
      const subnet = Buffer.from([0, 1, 24, 0, 198, 51, third]).toString('hex');
      const additionals = [anOpt({ options: anOption(OPTION.ECS, subnet) })];
      const { addresses } = read(server.respond(aQuery(HOST, { additionals })));
      expect(explain(server, subnet)).toContain(`"answer=A ${addresses.includes('127.0.0.11') ? 'east' : 'west'}"`);
    }
  });

  it("takes nobody's turn, and is no answer of a cluster", () => {
    const answers = (withExplain: boolean) => {
      const server = serving();
      return Array.from({ length: 30 }, () => {
        if (withExplain) expect(explain(server)).toContain('"answer=A east" "answer=A west"');
        return read(server.respond(aQuery(HOST))).addresses[0];
      });
    };
    expect(answers(true)).toEqual(answers(false));
    const server = serving();
    explain(server);
    expect(server.counters.snapshot().answers.every(({ count }) => count === 0)).toBe(true);
  });
});

describe('_acme-challenge', () => {
  it('has each value as a record of its own, for a second', () => {
    const { respond } = serving({}, { challenges: ['first', 'second'] });
    const { message } = read(respond(aQuery(`_acme-challenge.${HOST}`, { type: TXT }), 'udp', '203.0.113.1'));
    expect(message.answers.map(({ text, ttl }) => [text, ttl])).toEqual([
      ['"first"', 1],
      ['"second"', 1],
    ]);
  });

  it('is not there without a value', () => {
    expect(read(serving().respond(aQuery(`_acme-challenge.${HOST}`, { type: TXT }))).rcode).toBe(RCODE.NXDOMAIN);
  });

  it('of a zone file wins: whoever wrote it may have sent authorities elsewhere', () => {
    const zones = [aZone({ file: '_acme-challenge.shop CNAME shop.acme.test.\n' })];
    const { respond } = aResponder({ zones, hosts: [served(anIngress(), { challenges: ['set'] })] });
    expect(textOf(respond(aQuery(`_acme-challenge.${HOST}`, { type: TXT })))).toEqual(['shop.acme.test']);
  });
});

describe('HTTPS (RFC 9460)', () => {
  it('is there when clients may come over TLS: the name itself, HTTP/2', () => {
    const [record] = read(serving({ tls: true }).respond(aQuery(HOST, { type: HTTPS }))).message.answers;
    // Priority 1, target ".", alpn (1) of 3 octets: one string of 2, "h2".
    expect(record).toMatchObject({
      owner: HOST,
      ttl: 5,
      text: `0001000001000302${Buffer.from('h2').toString('hex')}`,
    });
    expect(read(serving().respond(aQuery(HOST, { type: HTTPS })))).toMatchObject({
      rcode: 0,
      authority: ['6 example.test'],
    });
  });
});

describe('clusters', () => {
  it('are drawn among those that have the family asked for: no empty answer while one has', () => {
    const { respond } = serving({
      targets: [
        { ...EAST, share: 100 },
        { ...WEST, share: 9_900 },
      ],
    });
    for (let turn = 0; turn < 200; turn += 1) {
      expect(read(respond(aQuery(HOST, { type: AAAA }))).addresses).toEqual(['::b']);
    }
  });

  it('are never two in one answer, and have each address once', () => {
    const targets = [
      { ...EAST, share: 5_000, addresses: ['127.0.0.11', '127.0.0.11', '::b', '0::b'] },
      { ...WEST, share: 5_000 },
    ];
    const { respond } = serving({ targets });
    const seen = new Set(Array.from({ length: 50 }, () => read(respond(aQuery(HOST))).addresses.join(' ')));
    expect(seen).toEqual(new Set(['127.0.0.11', '127.0.0.12 127.0.0.13']));
    expect(read(respond(aQuery(HOST, { type: AAAA }))).addresses).toEqual(['::b']);
  });

  it('have as many answers as their shares, however many addresses each has', () => {
    const many = Array.from({ length: 20 }, (_value, index) => `10.0.0.${index}`);
    const { respond } = serving({
      targets: [
        { ...EAST, share: 9_000 },
        { ...WEST, share: 1_000, addresses: many },
      ],
    });
    const answers = Array.from({ length: 100 }, () => read(respond(aQuery(HOST))).addresses.length);
    expect(answers.filter((length) => length === 20)).toHaveLength(10);
  });

  it('by name have what this machine has found out of their addresses, healthy or not', () => {
    const state = anIngress({ targets: [{ ...EAST, addresses: ['192.0.2.1'] }] });
    const health = { kind: 'down', since: 0, message: '' } as const;
    const hosts = [{ ...served(state), targets: [{ cluster: 'east', addresses: ['192.0.2.9'], health }] }];
    const { respond } = aResponder({ hosts });
    expect(read(respond(aQuery(`east.${HOST}`, { type: A }))).addresses).toEqual(['192.0.2.9']);
    expect(read(respond(aQuery(HOST, { type: A }))).addresses).toEqual(['192.0.2.9']);
  });
});
