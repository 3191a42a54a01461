import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workflowId } from '../../../src/spec/names.ts';
import { pauseUpdate, resumeUpdate } from '../../../src/workflows/messages.ts';
import { INGRESS_CLASS } from '../kubernetes/places.ts';
import { abortAll, apply, type Bench, type Effect, promoteAll, steer, untilState } from './drive.ts';
import { type Bars, latency } from './figures.ts';
import { DNS_SERVERS, hostOf, otherSide, type Side } from './places.ts';
import { cpuLine, cpuOf } from './usage.ts';

/** What an effect that people see is to take at most, milliseconds. */
const BARS = { p50: 60, p99: 250 } as const;
const NAMESPACE = 'default';

/** What nothing that goes through Temporal, and nothing that goes through kubectl, can be faster than. */
export async function playFloor(bench: Bench): Promise<void> {
  const { options, print } = bench;
  const name = 'floor';
  await halfway(bench, name);
  const handle = bench.installation.temporal.workflow.getHandle(workflowId(NAMESPACE, name));
  const plain: number[] = [];
  const http: number[] = [];
  for (let sample = 0; sample < options.samples; sample += 1) {
    const sentAt = performance.now();
    await handle.executeUpdate(sample % 2 === 0 ? pauseUpdate : resumeUpdate, { args: [{}] });
    plain.push(performance.now() - sentAt);
  }
  for (let sample = 0; sample < options.samples; sample += 1) {
    const { sentAt, answeredAt } = await steer(bench, sample % 2 === 0 ? 'pause' : 'resume', name);
    http.push(answeredAt - sentAt);
  }
  print('what there is to compare with');
  print(latency('a Temporal Update that changes no traffic', plain));
  print(latency('the same by the HTTP API', http));
  print(latency('kubectl apply of one leaf', await kubectl(bench, 1, Math.min(20, options.samples))));
  print(latency(`kubectl apply of ${options.atOnce} leaves, one file`, await kubectl(bench, options.atOnce, 3)));
}

/** Milliseconds of each `kubectl apply --server-side` of leaves that are another time different from before. */
async function kubectl({ installation }: Bench, leaves: number, rounds: number): Promise<readonly number[]> {
  const { clusters, directory, kubectl: program } = installation.playground;
  const file = join(directory, `by-hand-${leaves}.json`);
  const env = { ...process.env, KUBECONFIG: clusters[0]?.adminKubeconfig ?? '' };
  const taken: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const items = Array.from({ length: leaves }, (_, index) => leafByHand(`by-hand-${index}`, round));
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const startedAt = performance.now();
    await promisify(execFile)(program, ['apply', '--server-side', '-f', file], { env, timeout: 120_000 });
    // The first one makes them.
    if (round > 0) taken.push(performance.now() - startedAt);
  }
  return taken;
}

function leafByHand(name: string, round: number): object {
  const backend = { service: { name: `shop-v${round % 2}`, port: { number: 8_001 } } };
  const http = { paths: [{ path: '/', pathType: 'Prefix', backend }] };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: NAMESPACE },
    spec: { ingressClassName: INGRESS_CLASS, rules: [{ host: hostOf(name), http }] },
  };
}

export async function playPromote(bench: Bench): Promise<void> {
  const { options, print } = bench;
  const before = cpuOf(bench.installation.worker);
  const samples = await promotions(bench, 'promote', options.samples);
  bench.idle.promote = samples.map(({ sentToFirst }) => sentToFirst);
  print('promote, nothing else runs: all traffic from one cluster to the other');
  for (const line of linesOf(samples, { first: BARS })) print(line);
  print(cpuLine(before, bench.installation.worker, options.samples));
}

/** Moves one hostname to and fro. */
export async function promotions(bench: Bench, name: string, count: number): Promise<readonly Effect[]> {
  let side: Side = 'east';
  await apply(bench, name, side, 'hold');
  await untilState(bench, name, 'Ready');
  const samples: Effect[] = [];
  while (samples.length < count) {
    side = otherSide(side);
    await apply(bench, name, side, 'hold');
    await untilState(bench, name, 'Paused');
    samples.push(...(await promoteAll(bench, new Map([[name, side]]))));
    await untilState(bench, name, 'Ready');
    if (samples.length % 50 === 0) bench.show(`${name}: ${samples.length} of ${count}`);
  }
  return samples;
}

export async function playAbort(bench: Bench): Promise<void> {
  const { options, print } = bench;
  const name = 'abort';
  await halfway(bench, name);
  const before = cpuOf(bench.installation.worker);
  const samples: Effect[] = [];
  while (samples.length < options.samples) {
    samples.push(...(await abortAll(bench, new Map([[name, 'west']]))));
    if (samples.length % 50 === 0) bench.show(`${name}: ${samples.length} of ${options.samples}`);
    await again(bench, name);
  }
  print('abort, nothing else runs: from one half to share 0 in every thread of a DNS server');
  for (const line of linesOf(samples, { last: BARS })) print(line);
  print(cpuLine(before, bench.installation.worker, options.samples));
}

/** What others notice of an abort: they are promoted in the same moment. */
export async function playBeside(bench: Bench): Promise<void> {
  const { options, print } = bench;
  const [aborted, promoted] = ['beside-aborted', 'beside-promoted'] as const;
  let side: Side = 'east';
  await halfway(bench, aborted);
  await apply(bench, promoted, side, 'hold');
  await untilState(bench, promoted, 'Ready');
  const samples: Effect[] = [];
  while (samples.length < Math.ceil(options.samples / 4)) {
    side = otherSide(side);
    await apply(bench, promoted, side, 'hold');
    await untilState(bench, promoted, 'Paused');
    const aborting = steer(bench, 'abort', aborted);
    samples.push(...(await promoteAll(bench, new Map([[promoted, side]]))));
    await aborting;
    await untilState(bench, promoted, 'Ready');
    await again(bench, aborted);
  }
  print('promote while another one is aborted in the same moment');
  for (const line of linesOf(samples, { first: BARS })) print(line);
}

/** One half of the traffic is in west. */
async function halfway(bench: Bench, name: string): Promise<void> {
  await apply(bench, name, 'east', 'half');
  await untilState(bench, name, 'Ready');
  await apply(bench, name, 'west', 'half');
  await untilState(bench, name, 'Paused');
}

async function again(bench: Bench, name: string): Promise<void> {
  await untilState(bench, name, 'RolledBack');
  await steer(bench, 'retry', name);
  await untilState(bench, name, 'Paused');
}

/** `first`, `last`: what it is to be at most until the first, and the last, DNS server answers otherwise. */
export function linesOf(
  samples: readonly Effect[],
  { first = {}, last = {} }: { readonly first?: Bars; readonly last?: Bars },
): readonly string[] {
  const all = (read: (effect: Effect) => number) => samples.map(read);
  return [
    latency(
      `sent to first of ${DNS_SERVERS.length} DNS servers`,
      all(({ sentToFirst }) => sentToFirst),
      first,
    ),
    latency(
      'sent to last DNS server',
      all(({ sentToLast }) => sentToLast),
      last,
    ),
    latency(
      'answered to first DNS server',
      all(({ answeredToFirst }) => answeredToFirst),
    ),
    latency(
      'answered to last DNS server',
      all(({ answeredToLast }) => answeredToLast),
    ),
  ];
}
