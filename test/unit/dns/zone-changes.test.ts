import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ZoneTree } from '../../../src/planes/dns/zone/tree.ts';
import type { Entry } from '../../../src/planes/dns/zone/types.ts';
import {
  anIngress,
  anUpdate,
  aQuery,
  aResponder,
  aTree,
  aZone,
  EAST,
  find,
  HOST,
  read,
  served,
  WEST,
} from './support.ts';

const ZONES = [
  aZone({
    file: `
www      A     127.0.0.2
leaf.ent A     127.0.0.3
*.wild   TXT   "x"
shop     MX    10 www
alias    CNAME www
sub      NS    ns.sub
ns.sub   A     127.0.0.53
`,
  }),
  aZone({ name: 'inner.example.test', file: '*.shop A 127.0.0.4\n' }),
];

/** Names that stand in each other's way: above, below, beside static ones, in the zone inside. */
const HOSTS = [
  'example.test',
  'shop.example.test',
  'east.shop.example.test',
  'x.east.shop.example.test',
  'a.b.c.example.test',
  'b.c.example.test',
  'www.example.test',
  'alias.example.test',
  'ent.example.test',
  'x.leaf.ent.example.test',
  'wild.example.test',
  'x.y.wild.example.test',
  'inner.example.test',
  'shop.inner.example.test',
  'x.shop.inner.example.test',
  'elsewhere.test',
];

const ASKED = [
  ...new Set(HOSTS.flatMap((name) => [name, `east.${name}`, `x.${name}`, `x.east.${name}`, `_sluice.${name}`])),
  'c.example.test',
  'y.wild.example.test',
  'sub.example.test',
  'x.sub.example.test',
  'nothing.example.test',
  'test',
  '',
];

interface Change {
  readonly kind: 'serve' | 'remove';
  readonly host: string;
  readonly revision: number;
  readonly clusters: readonly string[];
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('serve', 'serve', 'remove'),
  host: fc.constantFrom(...HOSTS),
  revision: fc.nat(1_000),
  clusters: fc.constantFrom(['east'], ['east', 'x'], ['west', 'a'], []),
});

function hostOf({ host, revision, clusters }: Change) {
  const targets = clusters.map((cluster) => ({ ...EAST, cluster, share: 10_000 / clusters.length }));
  return served(anIngress({ host, revision, targets }));
}

/** Everything that can be told of an entry but the state of its draw. */
function entryWords(entry: Entry): unknown {
  if (entry.kind === 'drawn')
    return entry.choices.map(({ cluster, share, records }) => [cluster, share, records.plain]);
  if (entry.kind === 'told') return [entry.what, entry.host.served];
  return entry.kind === 'soa' ? 'soa' : entry.records.plain;
}

function everything(tree: ZoneTree): unknown {
  return ASKED.map((name) => {
    const found = find(tree, name);
    const node = 'node' in found ? found.node : undefined;
    const entries = [...(node?.entries ?? [])].sort(([left], [right]) => left - right);
    const zone = found.kind === 'outside' ? undefined : (node?.zone ?? ('zone' in found ? found.zone : undefined));
    return [name, found.kind, zone?.name, entries.map(([type, entry]) => [type, entryWords(entry)])];
  });
}

describe('a tree that changes', () => {
  it('is what a new one of the same hostnames would be, whatever came and went', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 12 }),
        fc.boolean(),
        (updates, backwards) => {
          const tree = aTree([], { zones: ZONES });
          const state = new Map<string, ReturnType<typeof hostOf>>();
          for (const update of updates) {
            const last = new Map(update.map((one) => [one.host, one]));
            const removed = [...last.values()].filter(({ kind }) => kind === 'remove').map(({ host }) => host);
            const hosts = [...last.values()].filter(({ kind }) => kind === 'serve').map(hostOf);
            for (const host of removed) state.delete(host);
            for (const host of hosts) state.set(host.state.host, host);
            tree.apply(anUpdate(hosts, { removed }));
          }
          const hosts = [...state.values()];
          const anew = aTree(backwards ? hosts.toReversed() : hosts, { zones: ZONES });
          expect(everything(tree)).toEqual(everything(anew));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('answers with one cluster of one revision, and never with nothing, between any two changes', () => {
    /** Addresses tell revision and cluster. */
    const at = (revision: number, cluster: number) =>
      [1, 2].map((index) => `10.${revision >> 8}.${revision & 0xff}.${cluster * 10 + index}`);
    const state = (revision: number, share: number) =>
      served(
        anIngress({
          revision,
          targets: [
            { ...EAST, share, addresses: at(revision, 1) },
            { ...WEST, share: 10_000 - share, addresses: at(revision, 2) },
          ],
        }),
      );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(10_000), fc.nat(5)), { minLength: 1, maxLength: 20 }), (changes) => {
        const { respond, tree } = aResponder({ hosts: [state(0, 5_000)] });
        changes.forEach(([share, queries], index) => {
          const revision = index + 1;
          tree.apply(anUpdate([state(revision, share)], { serials: { 'example.test': 200 + revision } }));
          for (let query = 0; query < queries; query += 1) {
            const { addresses } = read(respond(aQuery(HOST)));
            const possible = [share > 0 ? at(revision, 1) : [], share < 10_000 ? at(revision, 2) : []];
            expect(possible.filter((one) => one.length > 0)).toContainEqual(addresses);
          }
        });
        expect(read(respond(aQuery('example.test', { type: 6 }))).message.answers[0]?.text).toContain(
          ` ${200 + changes.length} `,
        );
      }),
      { numRuns: 100 },
    );
  });
});
