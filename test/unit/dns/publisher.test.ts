import { describe, expect, it } from 'vitest';
import type { GlobalIngress } from '../../../src/plan/global-ingress.ts';
import { Publisher } from '../../../src/planes/dns/publisher.ts';
import type { ServedHost } from '../../../src/planes/dns/served.ts';
import { anIngress, aTree, aZone, find, HOST, served, ZONE } from './support.ts';

const INNER = 'sub.example.test';
const OTHER = 'other.test';

const state = (host: string, revision = 7) => anIngress({ host, revision });

function aPublisher(serials: Readonly<Record<string, number>> = { [ZONE]: 100, [INNER]: 200, [OTHER]: 300 }) {
  const known = { challenges: new Map<string, readonly string[]>() };
  const serve = (of: GlobalIngress) => served(of, { challenges: known.challenges.get(of.host) ?? [] });
  return { publisher: new Publisher({ zones: [ZONE, INNER, OTHER], serials, serve }), known };
}

const revisions = ({ publisher }: ReturnType<typeof aPublisher>) =>
  publisher.hosts().map(({ state: { host, revision } }) => `${host} ${revision}`);

describe('a publisher', () => {
  it('tells what is new, what has changed and what has gone, and nothing else', () => {
    const scene = aPublisher();
    const { publisher } = scene;
    const first = publisher.replace([state('a.example.test'), state('b.example.test'), state('c.example.test')]);
    expect(first.hosts.map(({ state: { host } }) => host)).toEqual([
      'a.example.test',
      'b.example.test',
      'c.example.test',
    ]);
    const next = publisher.replace([state('a.example.test'), state('b.example.test', 8), state('d.example.test')]);
    expect(next.hosts.map(({ state: { host } }) => host)).toEqual(['b.example.test', 'd.example.test']);
    expect(next.removed).toEqual(['c.example.test']);
    expect(revisions(scene)).toEqual(['a.example.test 7', 'b.example.test 8', 'd.example.test 7']);
    expect(publisher.host('b.example.test')?.state.revision).toBe(8);
    expect(publisher.host('c.example.test')).toBeUndefined();
  });

  it('knows a state by what it says, not by which object it is', () => {
    const { publisher } = aPublisher();
    publisher.replace([state(HOST)]);
    const same = publisher.replace([structuredClone(state(HOST))]);
    expect([same.hosts, same.removed, same.serials[ZONE]]).toEqual([[], [], 101]);
  });

  it('serves anew what it is told to refresh, with what is known now', () => {
    const { publisher, known } = aPublisher();
    publisher.replace([state('a.example.test'), state('b.example.test')]);
    known.challenges.set('b.example.test', ['value']);
    const update = publisher.refresh(['b.example.test', 'nobody.example.test']);
    expect(update.hosts.map((one) => [one.state.host, ...one.challenges])).toEqual([['b.example.test', 'value']]);
    expect(update.serials[ZONE]).toBe(102);
    expect(publisher.host('b.example.test')?.challenges).toEqual(['value']);
    expect(publisher.refresh(['nobody.example.test']).serials[ZONE]).toBe(102);
  });

  it('tells health that changes no answer without a new serial', () => {
    let kind: 'unknown' | 'up' | 'down' = 'unknown';
    const serve = (of: GlobalIngress): ServedHost => {
      const targets = of.targets.map(({ cluster, addresses }) => {
        return { cluster, addresses, health: { kind, since: 0, message: 'as the test says' } };
      });
      return { ...served(of), targets };
    };
    const publisher = new Publisher({ zones: [ZONE], serials: { [ZONE]: 100 }, serve });
    publisher.replace([state(HOST)]);
    const serials = (['up', 'down', 'down', 'up', 'unknown'] as const).map((next) => {
      kind = next;
      const update = publisher.refresh([HOST]);
      expect(update.hosts[0]?.targets[0]?.health.kind).toBe(next);
      return update.serials[ZONE];
    });
    expect(serials).toEqual([101, 102, 102, 103, 103]);
  });

  it('is filled by the first state, be it empty', () => {
    const { publisher } = aPublisher();
    expect(publisher.isFilled).toBe(false);
    publisher.refresh([HOST]);
    expect(publisher.isFilled).toBe(false);
    publisher.replace([]);
    expect(publisher.isFilled).toBe(true);
  });

  it('gives a newcomer all that the others have heard bit by bit', () => {
    const { publisher } = aPublisher();
    const zones = [ZONE, INNER, OTHER].map((name) => aZone({ name }));
    const follower = aTree([], { zones });
    const steps = [
      [state('a.example.test'), state('a.other.test')],
      [state('a.example.test', 8), state('b.sub.example.test')],
      [state('b.sub.example.test', 3)],
    ];
    for (const states of steps) follower.apply(publisher.replace(states));
    const newcomer = aTree([], { zones });
    newcomer.apply(publisher.everything());
    const words = (tree: typeof follower) => ({
      serials: tree.zones.map(({ name, serial }) => `${name} ${serial}`),
      hosts: [...tree.hosts.values()].map(({ served: one }) => one),
      kinds: ['a.example.test', 'a.other.test', 'b.sub.example.test'].map((name) => find(tree, name).kind),
    });
    expect(words(follower)).toEqual(words(newcomer));
    expect(words(newcomer).kinds).toEqual(['missing', 'missing', 'node']);
  });
});

describe('serials', () => {
  it('grow by one with each change of a zone, and of no other zone', () => {
    const { publisher } = aPublisher();
    const after = (...states: GlobalIngress[]) => Object.values(publisher.replace(states).serials);
    const [a, b, c] = [state('a.example.test'), state('b.sub.example.test'), state('c.other.test')];
    expect(after(a, b, c)).toEqual([101, 201, 301]);
    expect(after(a, b, c)).toEqual([101, 201, 301]);
    expect(after(state('a.example.test', 8), b, c)).toEqual([102, 201, 301]);
    expect(after(state('a.example.test', 8), c)).toEqual([102, 202, 301]);
    expect(after()).toEqual([103, 202, 302]);
    expect(after(state('elsewhere.test'), state('myexample.test'))).toEqual([103, 202, 302]);
    expect(after(state('sub.example.test'))).toEqual([103, 203, 302]);
  });

  it('grow by one however many hostnames change at once', () => {
    const { publisher } = aPublisher();
    const states = Array.from({ length: 100 }, (_value, index) => state(`h${index}.example.test`));
    expect(publisher.replace(states).serials[ZONE]).toBe(101);
  });

  it('grow when the zone itself changes', () => {
    const { publisher } = aPublisher();
    publisher.renumber(INNER);
    publisher.renumber('nobody.test');
    expect(publisher.serials()).toEqual({ [ZONE]: 100, [INNER]: 201, [OTHER]: 300 });
  });

  it('go round at 2^32, leaving out 0, and are above the ones before in serial arithmetic (RFC 1982)', () => {
    const { publisher } = aPublisher({ [ZONE]: 0xffff_fffd });
    const seen = Array.from(
      { length: 5 },
      (_value, index) => publisher.replace([state(HOST, index)]).serials[ZONE] ?? 0,
    );
    expect(seen).toEqual([0xffff_fffe, 0xffff_ffff, 1, 2, 3]);
    seen.slice(1).forEach((serial, index) => expect((serial - (seen[index] ?? 0)) | 0).toBeGreaterThan(0));
  });

  it('begin at 1 where none is known', () => {
    expect(aPublisher({}).publisher.serials()).toEqual({ [ZONE]: 1, [INNER]: 1, [OTHER]: 1 });
  });
});
