import { type Bench, turn } from '../bench.ts';
import { SOCKETS } from '../dnsperf.ts';
import { askAtFixedRate, type Latencies } from '../load/fixed-rate.ts';
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
  readonly unanswered: number;
}

/** Each server at half of what it answers at most, in turn. */
export async function measureLatency(
  { options, progress }: Bench,
  servers: readonly RunningServer[],
  { queries, command }: { readonly queries: string; readonly command: string },
): Promise<readonly LatencyFigures[]> {
  const { rounds, seconds } = options;
  return progress.step('latency at half of the maximum', async (say) => {
    const rates = new Map<ServerName, number>();
    for (const server of servers) {
      say(`the maximum of ${server.name}`);
      rates.set(server.name, (await maximum(server, queries)) / 2);
    }
    const seen: { readonly name: ServerName; readonly latencies: Latencies }[] = [];
    for (let round = 1; round <= rounds; round += 1)
      for (const { name, address } of servers) {
        const rate = rates.get(name) ?? 0;
        say(`round ${round} of ${rounds}, ${name} at ${Math.round(rate)} queries a second`);
        const load = { server: address, queries, rate, seconds, sockets: SOCKETS };
        seen.push({ name, latencies: await askAtFixedRate(command, load) });
      }
    return servers.map(({ name }) =>
      summarise(
        { server: name, rate: Math.round(rates.get(name) ?? 0) },
        seen.filter((one) => one.name === name).map(({ latencies }) => latencies),
      ),
    );
  });
}

const MAXIMUM_TURNS = 3;
const MAXIMUM_SECONDS = 2;

async function maximum(server: RunningServer, queries: string): Promise<number> {
  const seen: number[] = [];
  for (let index = 0; index < MAXIMUM_TURNS; index += 1)
    seen.push((await turn(server, { queries, seconds: MAXIMUM_SECONDS, question: 'cookie' })).perSecond);
  return percentile(seen, 50);
}

function summarise(of: Pick<LatencyFigures, 'server' | 'rate'>, rounds: readonly Latencies[]): LatencyFigures {
  return {
    ...of,
    p50: spread(rounds.map(({ p50 }) => p50)),
    p99: spread(rounds.map(({ p99 }) => p99)),
    p999: spread(rounds.map(({ p999 }) => p999)),
    unanswered: rounds.reduce((sum, { sent, answered }) => sum + sent - answered, 0),
  };
}
