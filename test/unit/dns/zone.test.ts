import { describe, expect, it } from 'vitest';
import { compileZones, unsyncedZones } from '../../../src/planes/dns/zone/compile.ts';
import { anIngress, aQuery, aResponder, aZoneSet, EAST, HOST, NORTH, read, WEST, ZONE_CONFIGS } from './support.ts';

const serialOf = (zones: ReturnType<typeof aZoneSet>) => zones.zones[0]?.serial;

describe('compiling zones', () => {
  it('raises the serial with each change, and with nothing else', () => {
    const first = aZoneSet([anIngress()]);
    expect(serialOf(first)).toBe(101);
    const same = compileZones(ZONE_CONFIGS, first, [anIngress()]);
    expect(serialOf(same)).toBe(101);
    const changed = compileZones(ZONE_CONFIGS, same, [anIngress({ revision: 8 })]);
    expect(serialOf(changed)).toBe(102);
    const gone = compileZones(ZONE_CONFIGS, changed, []);
    expect(serialOf(gone)).toBe(103);
  });

  it('raises only the serial of the zone that changed, the innermost one', () => {
    const configs = ['example.test', 'sub.example.test'].map((name) => ({ name, serial: 1, nameServerAddresses: [] }));
    const before = compileZones(configs, unsyncedZones(configs), []);
    const after = compileZones(configs, before, [anIngress({ host: 'a.sub.example.test' })]);
    expect(after.zones.map(({ serial }) => serial)).toEqual([2, 3]);
  });

  it('goes round at 2^32, leaving out 0', () => {
    const configs = [{ name: 'example.test', serial: 0xffff_ffff, nameServerAddresses: [] }];
    expect(serialOf(compileZones(configs, unsyncedZones(configs), []))).toBe(1);
  });

  it('keeps what it encoded of hostnames that did not change, so their draw goes on', () => {
    const first = aZoneSet([anIngress(), anIngress({ host: 'api.example.test' })]);
    const next = compileZones(ZONE_CONFIGS, first, [anIngress(), anIngress({ host: 'api.example.test', revision: 8 })]);
    expect(next.hosts.get(HOST)).toBe(first.hosts.get(HOST));
    expect(next.hosts.get('api.example.test')).not.toBe(first.hosts.get('api.example.test'));
  });

  it('draws only among clusters that have the family asked for: no empty answer while one has', () => {
    const targets = [{ ...EAST, share: 100 }, NORTH, { ...WEST, share: 9_900 }];
    const { respond } = aResponder(aZoneSet([anIngress({ targets })]));
    for (let turn = 0; turn < 200; turn += 1) {
      expect(read(respond(aQuery(HOST, { type: 28 }), 'udp')).addresses).toEqual(['::b']);
    }
  });

  it('never answers with two clusters at once, and counts an address once', () => {
    const targets = [
      { ...EAST, share: 5_000, addresses: ['127.0.0.11', '127.0.0.11', '::b', '0::b'] },
      { ...WEST, share: 5_000 },
    ];
    const { respond } = aResponder(aZoneSet([anIngress({ targets })]));
    const seen = new Set(Array.from({ length: 50 }, () => read(respond(aQuery(HOST), 'udp')).addresses.join(' ')));
    expect(seen).toEqual(new Set(['127.0.0.11', '127.0.0.12 127.0.0.13']));
    expect(read(respond(aQuery(HOST, { type: 28 }), 'udp')).addresses).toEqual(['::b']);
  });

  it('changes 10,000 hostnames without a long stall', () => {
    const states = Array.from({ length: 10_000 }, (_value, index) => anIngress({ host: `h${index}.example.test` }));
    const first = aZoneSet(states);
    const changed = states.map((state, index) => (index === 5_000 ? { ...state, revision: 8 } : state));
    const before = performance.now();
    const next = compileZones(ZONE_CONFIGS, first, changed);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(next.hosts.get('h5000.example.test')?.state.revision).toBe(8);
  });

  it('refuses a zone that is no name, when the server is made', () => {
    const configs = [{ name: 'a..b', serial: 1, nameServerAddresses: [] }];
    expect(() => unsyncedZones(configs)).toThrow('is no name');
  });

  it('leaves out text that is no address, and a cluster name that is no label', () => {
    const targets = [{ cluster: 'a.b', share: 10_000, addresses: ['not an address', '127.0.0.11'] }];
    const { respond } = aResponder(aZoneSet([anIngress({ targets })]));
    expect(read(respond(aQuery(HOST), 'udp')).addresses).toEqual(['127.0.0.11']);
    expect(read(respond(aQuery(`a.b.${HOST}`), 'udp')).rcode).toBe(3);
  });
});
