import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Processes } from '../../../playground/processes.ts';
import { standardProgress } from '../../../playground/progress.ts';
import { stopOnSignal } from '../../../playground/stop-on-signal.ts';
import { type Bench, startServer } from './bench.ts';
import { compileFixedRate } from './load/fixed-rate.ts';
import { measureCpu } from './measure/cpu.ts';
import { measureLatency } from './measure/latency.ts';
import { type Asked, measureManyHosts } from './measure/many-hosts.ts';
import { measureMemory } from './measure/memory.ts';
import { measureZoneChange } from './measure/zone-change.ts';
import { HOST, manyHosts, writeQueries, writeRandomQueries } from './names.ts';
import { type BenchOptions, HELP, readOptions } from './options.ts';
import { report } from './report.ts';
import type { Results } from './results.ts';
import { coreDns } from './servers/coredns.ts';
import { findProgram } from './servers/find-program.ts';
import { gdnsd } from './servers/gdnsd.ts';
import { knot } from './servers/knot.ts';
import type { RunningServer, ServerKind, ServerName } from './servers/server.ts';
import { sluice } from './servers/sluice.ts';

/**
 * `npm run bench:dns`: what a weighted answer costs, ours and others', under dnsperf on loopback; what a large zone and
 * its changes cost. Prints every bar of issue 4 with its figure. A missed bar is an outcome, not a failure.
 */
async function main(options: BenchOptions): Promise<void> {
  const client = await findProgram('dnsperf', 'dnsperf');
  if (client.kind === 'missing') throw new Error(client.message);
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-dns-'));
  const progress = standardProgress();
  const processes = new Processes(directory);
  stopOnSignal(() => end(directory, processes));
  try {
    const fixedRate = await compileFixedRate(directory);
    if (fixedRate.kind === 'missing') progress.note(`latencies and stalls are left out: ${fixedRate.message}`);
    const command = fixedRate.kind === 'found' ? fixedRate.command : undefined;
    const bench: Bench = { options, directory, progress, processes, fixedRate: command };
    const results = await measure(bench);
    console.log(report(results));
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  } finally {
    progress.close();
    await end(directory, processes);
  }
}

async function end(directory: string, processes: Processes): Promise<void> {
  await processes.stopAll();
  await rm(directory, { recursive: true, force: true });
}

/** A name that many servers have in common, or many names that ours has. */
async function measure(bench: Bench): Promise<Results> {
  const { options, directory, progress } = bench;
  progress.expect(3 + options.parts.length);
  const ours = sluice(options.sluice);
  const { running, missing } = await startAll(bench, [ours, coreDns, knot, gdnsd]);
  const servers = running.map(({ name }) => name);
  const one: Asked = {
    server: only(running, 'Sluice'),
    queries: await writeQueries(join(directory, 'one.txt'), [HOST]),
  };
  const latencyOf = running.filter(({ name }) => name === 'Sluice' || name === 'CoreDNS');
  const command = bench.fixedRate;
  const wanted = (part: (typeof options.parts)[number]) => options.parts.includes(part);
  return {
    machine: { cores: cpus().length, model: cpus()[0]?.model.trim() ?? 'unknown', node: process.versions.node },
    hosts: options.hosts,
    servers: [ours, coreDns, knot, gdnsd]
      .filter(({ name }) => servers.includes(name))
      .map((kind) => ({ name: kind.name, setting: kind.setting(options.workers) })),
    missing,
    ...(wanted('cpu') ? { cpu: await measureCpu(bench, running, one.queries) } : {}),
    ...(wanted('latency') && command !== undefined
      ? { latency: await measureLatency(bench, latencyOf, { queries: one.queries, command }) }
      : {}),
    ...(await measureLargeZone(bench, ours, one)),
    ...(options.memoryMinutes > 0 ? { memory: await measureMemory(bench, await randomly(bench, one)) } : {}),
  };
}

async function measureLargeZone(
  bench: Bench,
  ours: ServerKind,
  one: Asked,
): Promise<Pick<Results, 'manyHosts' | 'change'>> {
  const { parts, hosts: count } = bench.options;
  if (!parts.includes('hosts') && !parts.includes('change')) return {};
  const hosts = manyHosts(count);
  const queries = await writeQueries(join(bench.directory, 'many.txt'), hosts);
  const server = await bench.progress.step(`Sluice with ${count} hostnames`, () =>
    startServer(bench, ours, { command: process.execPath, hosts }),
  );
  const many: Asked = { server, queries };
  const command = bench.fixedRate;
  return {
    ...(parts.includes('hosts') ? { manyHosts: await measureManyHosts(bench, one, many) } : {}),
    ...(parts.includes('change') && command !== undefined
      ? { change: await measureZoneChange(bench, { ...many, host: hosts[0] ?? HOST, command }) }
      : {}),
  };
}

interface Started {
  readonly running: readonly RunningServer[];
  readonly missing: Results['missing'];
}

async function startAll(bench: Bench, kinds: readonly ServerKind[]): Promise<Started> {
  const running: RunningServer[] = [];
  const missing: { readonly name: ServerName; readonly message: string }[] = [];
  for (const kind of kinds) {
    const program = await kind.find(bench.progress);
    if (program.kind === 'found') {
      running.push(await startServer(bench, kind, program));
      continue;
    }
    missing.push({ name: kind.name, message: program.message });
    bench.progress.note(`${kind.name} is left out: ${program.message}`);
  }
  return { running, missing };
}

/** More names than a cache that strangers fill could hide. */
const RANDOM_NAMES = 2_000_000;

async function randomly(bench: Bench, { server }: Asked): Promise<Asked> {
  return { server, queries: await writeRandomQueries(join(bench.directory, 'random.txt'), RANDOM_NAMES) };
}

function only(servers: readonly RunningServer[], name: ServerName): RunningServer {
  const found = servers.find((server) => server.name === name);
  if (found === undefined) throw new Error(`${name} does not run`);
  return found;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(HELP);
  else await main(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
