import { type Bench, turn } from '../bench.ts';
import type { RunningServer } from '../servers/server.ts';
import { type Spread, spread } from '../statistics.ts';

/** A server and the questions for it. */
export interface Asked {
  readonly server: RunningServer;
  readonly queries: string;
}

/** Processor time for a query, microseconds, and of each pair of neighbouring turns how much more the large zone cost. */
export interface ManyHostsFigures {
  readonly one: Spread;
  readonly many: Spread;
  readonly ratio: Spread;
}

/** One hostname against many, asked for evenly, in turn. */
export async function measureManyHosts(bench: Bench, one: Asked, many: Asked): Promise<ManyHostsFigures> {
  const { rounds, seconds, hosts } = bench.options;
  const cost = async ({ server, queries }: Asked) =>
    (await turn(server, { queries, seconds, question: 'cookie' })).cpuMicrosecondsPerQuery;
  return bench.progress.step(`CPU a query with ${hosts} hostnames`, async (say) => {
    await cost(many); // warm-up
    const pairs: { readonly one: number; readonly many: number }[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      say(`round ${round} of ${rounds}`);
      pairs.push({ one: await cost(one), many: await cost(many) });
    }
    return {
      one: spread(pairs.map((pair) => pair.one)),
      many: spread(pairs.map((pair) => pair.many)),
      ratio: spread(pairs.map((pair) => pair.many / pair.one)),
    };
  });
}
