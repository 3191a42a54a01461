import type { Draw as DrawKind, TrafficRouting } from '../../../plan/global-ingress.ts';
import type { Client } from '../client.ts';
import type { RegionTable } from '../regions.ts';
import type { Choice, Draw } from '../zone/types.ts';
import { stickyBits, stickyDraw } from './sticky.ts';
import { type Random, stratifiedDraw } from './stratified.ts';

export interface DrawOptions {
  readonly random: Random;
  readonly regions: RegionTable;
}

type Drawn = Pick<Choice, 'cluster' | 'share'>;

const FIRST: Draw = { next: () => 0, candidates: () => [0], scopeBits: () => 0 };

/** How one of these choices is made for a client. Choices are those that may be given now, in order of preference. */
export function makeDraw(routing: TrafficRouting, choices: readonly Drawn[], options: DrawOptions): Draw {
  if (choices.length === 1 || routing.kind === 'failover') return FIRST;
  const byShare = drawByShare(routing.draw, choices, options.random);
  return routing.kind === 'geo' ? drawByRegion({ routing, choices, everywhere: byShare }, options) : byShare;
}

function drawByShare(draw: DrawKind, choices: readonly Drawn[], random: Random): Draw {
  if (choices.length === 1) return FIRST;
  if (draw.kind === 'sticky') {
    const next = stickyDraw(choices, draw.slots);
    return { next, candidates: (client) => [next(client)], scopeBits: ({ family }) => stickyBits(family) };
  }
  return stratifiedDraw(
    choices.map(({ share }) => share),
    random,
  );
}

interface Geo {
  readonly routing: Extract<TrafficRouting, { kind: 'geo' }>;
  readonly choices: readonly Drawn[];
  /** For clients of no region, and of regions that have no cluster to give. */
  readonly everywhere: Draw;
}

function drawByRegion({ routing, choices, everywhere }: Geo, { random, regions }: DrawOptions): Draw {
  const local = new Map<string, Draw>();
  for (const { name, clusters } of routing.regions) {
    const indexes = choices.flatMap(({ cluster }, index) => (clusters.includes(cluster) ? [index] : []));
    if (indexes.length > 0) local.set(name, amongSome({ routing, choices, indexes }, random));
  }
  const drawFor = (client: Client) => local.get(regions.lookup(client).region ?? '') ?? everywhere;
  return {
    next: (client) => drawFor(client).next(client),
    candidates: (client) => drawFor(client).candidates(client),
    scopeBits: (client) => Math.max(regions.lookup(client).prefixLength, drawFor(client).scopeBits(client)),
  };
}

interface Some extends Pick<Geo, 'routing' | 'choices'> {
  readonly indexes: readonly number[];
}

function amongSome({ routing, choices, indexes }: Some, random: Random): Draw {
  const some = indexes.flatMap((index) => choices[index] ?? []);
  const draw = drawByShare(routing.draw, some, random);
  const original = (index: number) => indexes[index] ?? 0;
  return {
    next: (client) => original(draw.next(client)),
    candidates: (client) => draw.candidates(client).map(original),
    scopeBits: (client) => draw.scopeBits(client),
  };
}
