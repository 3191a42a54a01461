import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { readBody } from '../../../src/lib/kubernetes/answer.ts';
import type { RegisteredCluster } from '../../../src/lib/kubernetes/cluster-registry.ts';
import type { Installation } from './installation.ts';
import { type ProcessUsage, programsBelow } from './programs.ts';
import { type Samples, samplesOf } from './samples.ts';

/** Everything that is counted, at one moment. */
export interface Reading {
  readonly at: number;
  readonly load: number;
  /** CPU seconds and memory by program; `sluice` is `sluice serve`, `sluice dns` its DNS server. */
  readonly programs: ReadonlyMap<string, ProcessUsage>;
  /** Of `sluice serve`. */
  readonly metrics: Samples;
  /** Of the API servers, by cluster. */
  readonly apiServers: ReadonlyMap<string, Samples>;
}

export class Meter {
  readonly #installation: Installation;

  constructor(installation: Installation) {
    this.#installation = installation;
  }

  async read(): Promise<Reading> {
    const { apiUrl, hub, members, serve } = this.#installation;
    const response = await fetch(`${apiUrl}/metrics`, { signal: AbortSignal.timeout(30_000) });
    const metrics = samplesOf(await response.text());
    const clusters = [hub, ...members.map(({ cluster }) => cluster)];
    const apiServers = await Promise.all(clusters.map(async (one) => [one.name, await readApiServer(one)] as const));
    return {
      at: performance.now(),
      load: loadavg()[0] ?? Number.NaN,
      programs: programsBelow(process.pid, serve.pid ?? 0),
      metrics,
      apiServers: new Map(apiServers),
    };
  }
}

async function readApiServer(cluster: RegisteredCluster): Promise<Samples> {
  const request = { method: 'GET', path: '/metrics', headers: { accept: 'text/plain' } } as const;
  const message = await cluster.send(request, AbortSignal.timeout(30_000));
  return samplesOf(await readBody(message));
}

/** The processors of the machine, for the report. */
export function machine(): string {
  const info = readFileSync('/proc/cpuinfo', 'utf8');
  const model = /model name\s*: (.*)/.exec(info)?.[1] ?? 'unknown processor';
  return `${[...info.matchAll(/^processor\s/gm)].length} cores, ${model}`;
}
