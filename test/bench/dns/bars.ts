import { QUESTIONS } from './measure/cpu.ts';
import type { Results } from './results.ts';
import type { ServerName } from './servers/server.ts';

/** A figure that was promised. */
export interface Bar {
  readonly what: string;
  readonly unit: string;
  readonly figure: number | undefined;
  /** The figure is to be at most this. */
  readonly limit: number | undefined;
}

export type Verdict = 'PASS' | 'MISSED' | 'not measured';

export function verdict({ figure, limit }: Bar): Verdict {
  if (figure === undefined || limit === undefined) return 'not measured';
  return figure <= limit ? 'PASS' : 'MISSED';
}

/** The bars of issue 4, and where this run stands. */
export function bars(results: Results): readonly Bar[] {
  const against = (server: ServerName, limit: number) =>
    QUESTIONS.map(
      (question): Bar => ({
        what: `CPU per weighted answer, of ${server}'s (${question} question)`,
        unit: 'x',
        figure: cpuRatio(results, server, question),
        limit,
      }),
    );
  return [...against('CoreDNS', 0.6), ...against('Knot', 2), latencyBar(results), ...largeZoneBars(results)];
}

/** Ours for one of theirs. */
export function cpuRatio({ cpu }: Results, server: ServerName, question: string): number | undefined {
  const median = (name: ServerName) => cpu?.find((one) => one.server === name && one.question === question)?.cpu.median;
  const ours = median('Sluice');
  const theirs = median(server);
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

function latencyBar({ latency }: Results): Bar {
  const p99 = (name: ServerName) => latency?.find(({ server }) => server === name)?.p99.median;
  return {
    what: "p99 latency at half of its maximum load, against CoreDNS's",
    unit: 'ms',
    figure: p99('Sluice'),
    limit: p99('CoreDNS'),
  };
}

function largeZoneBars({ hosts, manyHosts, change }: Results): readonly Bar[] {
  return [
    {
      what: `CPU per query with ${hosts} hostnames, of that with one`,
      unit: 'x',
      figure: manyHosts?.ratio.median,
      limit: 1.15,
    },
    { what: 'a change written to a change served, slowest', unit: 'ms', figure: change?.written.greatest, limit: 50 },
    { what: 'slowest ordinary query during changes', unit: 'ms', figure: change?.changing.worst, limit: 20 },
  ];
}
