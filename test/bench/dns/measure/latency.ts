import { type Bench, turn } from '../bench.ts';
import type { RunningServer, ServerName } from '../servers/server.ts';
import { percentile, type Spread, spread } from '../statistics.ts';

/** Latency of one server at half of its own maximum, milliseconds. */
export interface LatencyFigures {
  readonly server: ServerName;
  /** Queries a second that were sent. */
  readonly rate: number;
  readonly p50: Spread;
  readonly p99: Spread;
  readonly p999: Spread;
}

export interface Rated {
  readonly server: RunningServer;
  readonly rate: number;
}

/** Each server at half of what it answered at most, in turn. The client's own delays are in all figures alike. */
export async function measureLatency(
  bench: Bench,
  servers: readonly RunningServer[],
  queries: string,
): Promise<readonly LatencyFigures[]> {
  const { rounds } = bench.options;
  return bench.progress.step('latency at half of the maximum', async (say) => {
    const rated: Rated[] = [];
    for (const server of servers) {
      say(`the maximum of ${server.name}`);
      rated.push({ server, rate: (await maximum(bench, server, queries)) / 2 });
    }
    const seen = new Map<ServerName, Float64Array[]>();
    for (let round = 1; round <= rounds; round += 1)
      for (const { server, rate } of rated) {
        say(`round ${round} of ${rounds}, ${server.name} at ${Math.round(rate)} queries a second`);
        seen.set(server.name, [...(seen.get(server.name) ?? []), await latencies(bench, { server, rate }, queries)]);
      }
    return rated.map(({ server, rate }) => summarise(server.name, rate, seen.get(server.name) ?? []));
  });
}

const MAXIMUM_TURNS = 3;

async function maximum(bench: Bench, server: RunningServer, queries: string): Promise<number> {
  const seen: number[] = [];
  for (let index = 0; index < MAXIMUM_TURNS; index += 1)
    seen.push((await turn(bench, server, { queries, seconds: 2, question: 'cookie' })).perSecond);
  return percentile(seen, 50);
}

async function latencies(bench: Bench, { server, rate }: Rated, queries: string): Promise<Float64Array> {
  const { seconds } = bench.options;
  const taken = await turn(bench, server, { queries, seconds, rate, question: 'cookie', latencies: true });
  return taken.latencies;
}

function summarise(server: ServerName, rate: number, rounds: readonly Float64Array[]): LatencyFigures {
  const at = (percent: number) => spread(rounds.map((round) => percentile(round, percent)));
  return { server, rate: Math.round(rate), p50: at(50), p99: at(99), p999: at(99.9) };
}
