import { describe, expect, it } from 'vitest';
import type { Found } from '../../../src/planes/dns/zone/tree.ts';
import { cpuTime } from '../../support/cpu-time.ts';
import { TYPE } from '../../support/dns-wire.ts';
import { anIngress, anUpdate, aQuery, aResponder, aTree, aZone, find, HOST, read, served, ZONE } from './support.ts';

/** What is found, in words: the kind, and the types that are there. */
function words(found: Found): string {
  if (found.kind === 'delegated') return `delegated${found.node === undefined ? '' : ' at the cut'}`;
  if (found.kind !== 'node' && found.kind !== 'wildcard') return found.kind;
  return [found.kind, ...[...found.node.entries.keys()].sort((left, right) => left - right)].join(' ');
}

const host = (name: string, overrides: Parameters<typeof anIngress>[0] = {}) =>
  served(anIngress({ host: name, ...overrides }));

const inZone = (file: string, hosts: readonly string[] = []) =>
  aTree(
    hosts.map((name) => host(name)),
    { zones: [aZone({ file })] },
  );

const { A, NS, SOA, TXT, AAAA, MX, DS } = TYPE;
const HOSTNAME = `node ${A} ${AAAA}`;
const EMPTY = 'node';

describe('names of a zone', () => {
  it.each([
    ['the apex', ZONE, `node ${NS} ${SOA}`],
    ['the name server', 'ns1.example.test', `node ${A}`],
    ['a static name', 'www.example.test', `node ${A} ${MX}`],
    ['a name of capitals in the file', 'loud.example.test', `node ${A}`],
    ['an empty non-terminal', 'ent.example.test', EMPTY],
    ['a name below it', 'leaf.ent.example.test', `node ${A}`],
    ['a name that is not there', 'nothing.example.test', 'missing'],
    ['a name below one that is there', 'x.www.example.test', 'missing'],
    ['the parent', 'test', 'outside'],
    ['the root', '', 'outside'],
    ['another zone', 'example.org', 'outside'],
    ['a name that only ends alike', 'myexample.test', 'outside'],
  ])('are found: %s', (_name, name, expected) => {
    const tree = inZone('www A 127.0.0.2\nwww MX 10 www\nleaf.ent A 127.0.0.3\nLOUD A 127.0.0.4\n');
    expect(words(find(tree, name))).toBe(expected);
  });

  it('are refused when they are none, when the server is made', () => {
    expect(() => aTree([], { zones: [aZone({ nameServers: [] }), { ...aZone(), name: 'a..b' }] })).toThrow(
      'is no name',
    );
  });

  it('have the name servers of the file rather than those of the settings', () => {
    const tree = inZone('@ NS ns.other.test.\n');
    expect(words(find(tree, ZONE))).toBe(`node ${NS} ${SOA}`);
    expect(words(find(tree, 'ns1.example.test'))).toBe('missing');
  });
});

describe('wildcards (RFC 4592)', () => {
  const FILE = `
*.wild        A 127.0.0.2
taken.wild    TXT "x"
leaf.ent.wild A 127.0.0.3
*.deep.wild   MX 10 @
sub.wild      NS ns.elsewhere.test.
`;

  it.each([
    ['one label', 'a.wild.example.test', `wildcard ${A}`],
    ['several labels', 'a.b.c.wild.example.test', `wildcard ${A}`],
    ['the asterisk itself', '*.wild.example.test', `node ${A}`],
    ['an asterisk further down', 'a.*.wild.example.test', 'missing'],
    ['not the closest encloser', 'wild.example.test', EMPTY],
    ['not a name that exists', 'taken.wild.example.test', `node ${TXT}`],
    ['not below a name that exists', 'a.taken.wild.example.test', 'missing'],
    ['not an empty non-terminal', 'ent.wild.example.test', EMPTY],
    ['not below an empty non-terminal', 'a.ent.wild.example.test', 'missing'],
    ['the innermost wildcard', 'a.deep.wild.example.test', `wildcard ${MX}`],
    ['not below a delegation', 'a.sub.wild.example.test', 'delegated'],
    ['not beside its own parent', 'other.example.test', 'missing'],
  ])('answer for %s', (_name, name, expected) => {
    expect(words(find(inZone(FILE), name))).toBe(expected);
  });

  it('step back for hostnames and for what is above and below them, and come back when they go', () => {
    const tree = inZone(FILE);
    const name = 'shop.eu.wild.example.test';
    tree.apply(anUpdate([host(name)]));
    const shown = ['eu.wild', 'x.eu.wild', 'shop.eu.wild', 'x.shop.eu.wild', 'x.wild'];
    const all = () => shown.map((one) => words(find(tree, `${one}.example.test`)));
    expect(all()).toEqual([EMPTY, 'missing', HOSTNAME, 'missing', `wildcard ${A}`]);
    tree.apply(anUpdate([], { removed: [name] }));
    expect(all()).toEqual(shown.map(() => `wildcard ${A}`));
  });

  it('below a hostname answer for its subdomains, but neither for its clusters nor below them', () => {
    const tree = inZone('*.shop TXT "x"', [HOST]);
    expect(words(find(tree, `any.${HOST}`))).toBe(`wildcard ${TXT}`);
    expect(words(find(tree, `east.${HOST}`))).toBe(HOSTNAME);
    expect(words(find(tree, `x.east.${HOST}`))).toBe('missing');
    expect(words(find(tree, HOST))).toBe(HOSTNAME);
  });
});

describe('delegations', () => {
  const FILE = 'sub NS ns.sub\nns.sub A 127.0.0.53\nsub DS 1 13 2 ' + '00'.repeat(32) + '\na.b.sub A 127.0.0.9\n';

  it.each([
    ['the cut', 'sub.example.test', 'delegated at the cut'],
    ['glue', 'ns.sub.example.test', 'delegated at the cut'],
    ['a name below', 'x.sub.example.test', 'delegated'],
    ['a name of the file below', 'a.b.sub.example.test', 'delegated at the cut'],
    ['an empty non-terminal below', 'b.sub.example.test', 'delegated at the cut'],
  ])('have the say at and below the cut: %s', (_name, name, expected) => {
    const found = find(inZone(FILE), name);
    expect(words(found)).toBe(expected);
    if (found.kind === 'delegated') expect([found.cut.nameServers.count, found.cut.glue.count]).toEqual([1, 1]);
  });

  it('lead to the highest cut', () => {
    const found = find(inZone('sub NS ns.other.test.\ninner.sub NS ns.sub\n'), 'x.inner.sub.example.test');
    expect(found.kind === 'delegated' && found.cut.key.length).toBe('xsubxexamplextestx'.length);
  });

  const ask = (name: string, type: number) => {
    const { message } = read(aResponder({ hosts: [], zones: [aZone({ file: FILE })] }).respond(aQuery(name, { type })));
    const text = (records: typeof message.answers) => records.map((one) => `${one.owner} ${one.type} ${one.text}`);
    return {
      authoritative: message.authoritative,
      answers: text(message.answers).map((one) => one.slice(0, 20)),
      authorities: text(message.authorities),
      additionals: text(message.additionals),
    };
  };

  it.each(['sub.example.test', 'x.sub.example.test', 'a.b.sub.example.test', 'ns.sub.example.test'])(
    'are answered with the name servers and their glue, without authority: %s',
    (name) => {
      expect(ask(name, A)).toEqual({
        authoritative: false,
        answers: [],
        authorities: ['sub.example.test 2 ns.sub.example.test'],
        additionals: ['ns.sub.example.test 1 127.0.0.53'],
      });
    },
  );

  it('leave DS at the cut to the zone above (RFC 4035 section 3.1.4.1), and DS below to the one below', () => {
    expect(ask('sub.example.test', DS)).toMatchObject({
      authoritative: true,
      answers: [`sub.example.test 43 `.slice(0, 20)],
    });
    expect(ask('x.sub.example.test', DS)).toMatchObject({ authoritative: false, answers: [] });
  });
});

describe('hostnames', () => {
  it('bring the names above them, which stay for as long as one needs them', () => {
    const tree = inZone('', ['a.b.c.example.test', 'x.c.example.test']);
    const above = () => ['b.c.example.test', 'c.example.test'].map((name) => words(find(tree, name)));
    expect(above()).toEqual([EMPTY, EMPTY]);
    tree.apply(anUpdate([], { removed: ['a.b.c.example.test'] }));
    expect(above()).toEqual(['missing', EMPTY]);
    tree.apply(anUpdate([], { removed: ['x.c.example.test'] }));
    expect(above()).toEqual(['missing', 'missing']);
  });

  it('may be above one another', () => {
    const tree = inZone('', ['a.b.example.test', 'b.example.test']);
    tree.apply(anUpdate([], { removed: ['b.example.test'] }));
    expect(words(find(tree, 'b.example.test'))).toBe(EMPTY);
    tree.apply(anUpdate([host('b.example.test')]));
    tree.apply(anUpdate([], { removed: ['a.b.example.test'] }));
    expect(words(find(tree, 'b.example.test'))).toBe(HOSTNAME);
  });

  it('leave a cluster its name when another hostname is below it', () => {
    const tree = inZone('', [HOST, `x.east.${HOST}`]);
    expect(words(find(tree, `east.${HOST}`))).toBe(HOSTNAME);
    expect(words(find(tree, `x.east.${HOST}`))).toBe(HOSTNAME);
    expect(words(find(tree, `y.east.${HOST}`))).toBe('missing');
  });

  it('stand beside static records of the same name, win over those of their types, and leave them behind', () => {
    const tree = inZone('shop A 127.0.0.99\nshop MX 10 mail\nshop TXT "static"\n');
    const before = words(find(tree, HOST));
    tree.apply(anUpdate([host(HOST)]));
    expect(words(find(tree, HOST))).toBe(`node ${A} ${MX} ${TXT} ${AAAA}`);
    const found = find(tree, HOST);
    expect(found.kind === 'node' && found.node.entries.get(A)?.kind).toBe('drawn');
    tree.apply(anUpdate([], { removed: [HOST] }));
    expect(words(find(tree, HOST))).toBe(before);
    expect(before).toBe(`node ${A} ${MX} ${TXT}`);
  });

  it('take the place of an alias, and give it back', () => {
    const tree = inZone('shop CNAME elsewhere.test.\n', [HOST]);
    expect(words(find(tree, HOST))).toBe(HOSTNAME);
    tree.apply(anUpdate([], { removed: [HOST] }));
    expect(words(find(tree, HOST))).toBe('node 5');
  });

  it('at the apex stand beside SOA and NS, and change nothing outside the zone', () => {
    const tree = inZone('', [ZONE]);
    expect(words(find(tree, ZONE))).toBe(`node ${A} ${NS} ${SOA} ${AAAA}`);
    for (const name of ['test', '', 'other.test']) expect(words(find(tree, name))).toBe('outside');
    tree.apply(anUpdate([], { removed: [ZONE] }));
    expect(words(find(tree, ZONE))).toBe(`node ${NS} ${SOA}`);
    for (const name of ['test', '', 'other.test']) expect(words(find(tree, name))).toBe('outside');
  });

  it('keep what was encoded of them when others change, so their draw goes on', () => {
    const tree = inZone('', [HOST, 'api.example.test']);
    const before = [find(tree, HOST), find(tree, 'api.example.test')].map(
      (found) => found.kind === 'node' && found.node,
    );
    tree.apply(anUpdate([host('api.example.test', { revision: 8 })]));
    const after = [find(tree, HOST), find(tree, 'api.example.test')].map(
      (found) => found.kind === 'node' && found.node,
    );
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  it('outside all zones, and those that are no name, are left out', () => {
    const tree = inZone('', ['shop.elsewhere.test', 'a..example.test', `${'x'.repeat(64)}.example.test`]);
    expect(tree.hosts.size).toBe(0);
    expect(words(find(tree, 'shop.elsewhere.test'))).toBe('outside');
  });

  it('leave out clusters whose name is no label, and addresses that are none', () => {
    const targets = [{ cluster: 'a.b', share: 10_000, addresses: ['not an address', '127.0.0.11'], hostnames: [] }];
    const { respond } = aResponder({ hosts: [host(HOST, { targets })] });
    expect(read(respond(aQuery(HOST))).addresses).toEqual(['127.0.0.11']);
    expect(read(respond(aQuery(`a.b.${HOST}`))).rcode).toBe(3);
  });

  it('change one of 10,000 without a long stall', () => {
    const names = Array.from({ length: 10_000 }, (_value, index) => `h${index}.example.test`);
    const tree = inZone('', names);
    const before = cpuTime();
    tree.apply(anUpdate([host('h5000.example.test', { revision: 8 })]));
    expect(cpuTime() - before).toBeLessThan(200);
    expect(tree.hosts.get('h5000.example.test')?.served.state.revision).toBe(8);
  });
});

describe('zones in zones', () => {
  const nested = (outer = '', hosts: readonly string[] = []) =>
    aTree(
      hosts.map((name) => host(name)),
      {
        zones: ['a.sub.example.test', ZONE, 'sub.example.test'].map((name) =>
          aZone({ name, file: name === ZONE ? outer : '' }),
        ),
      },
    );
  const zoneOf = (found: Found) =>
    'zone' in found ? found.zone.name : 'node' in found ? found.node?.zone.name : undefined;

  it.each([
    ['x.example.test', ZONE],
    ['sub.example.test', 'sub.example.test'],
    ['x.sub.example.test', 'sub.example.test'],
    ['a.sub.example.test', 'a.sub.example.test'],
    ['x.a.sub.example.test', 'a.sub.example.test'],
  ])('the innermost has the say: %s', (name, zone) => {
    expect(zoneOf(find(nested('sub NS ns.sub\nx.sub A 127.0.0.1\n'), name))).toBe(zone);
    expect(zoneOf(find(nested('', ['deep.x.sub.example.test', 'y.a.sub.example.test']), name))).toBe(zone);
  });

  it('have DS of their apex in the zone above, be it there or not', () => {
    const digest = '00'.repeat(32);
    const zones = [
      aZone({ file: `sub NS ns.sub\nsub DS 1 13 2 ${digest}\n` }),
      aZone({ name: 'sub.example.test', file: `a NS ns.a\na DS 2 13 2 ${digest}\n` }),
      aZone({ name: 'a.sub.example.test' }),
      aZone({ name: 'b.sub.example.test' }),
    ];
    const { respond } = aResponder({ hosts: [], zones });
    const ask = (name: string) => read(respond(aQuery(name, { type: DS }))).message;
    expect(ask('sub.example.test').answers.map(({ data }) => data.readUInt16BE(0))).toEqual([1]);
    expect(ask('a.sub.example.test').answers.map(({ data }) => data.readUInt16BE(0))).toEqual([2]);
    const denied = ask('b.sub.example.test');
    expect([denied.rcode, ...denied.authorities.map(({ owner }) => owner)]).toEqual([0, 'sub.example.test']);
    const top = ask(ZONE);
    expect([top.rcode, ...top.authorities.map(({ owner }) => owner)]).toEqual([0, ZONE]);
  });

  it('give a hostname to the innermost zone, with its serial', () => {
    const tree = nested('', ['shop.a.sub.example.test']);
    tree.apply(anUpdate([], { serials: { 'a.sub.example.test': 500 } }));
    expect(Object.fromEntries(tree.zones.map(({ name, serial }) => [name, serial]))).toEqual({
      'example.test': 101,
      'sub.example.test': 101,
      'a.sub.example.test': 500,
    });
  });
});
