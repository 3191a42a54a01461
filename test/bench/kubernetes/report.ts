import { percentile } from '../dns/statistics.ts';
import type { Reading } from './meter.ts';
import { growth, sum } from './samples.ts';

/** Of what figures are given apiece: FederatedIngresses, and leaves by cluster. */
export interface Apiece {
  readonly objects: number;
  readonly leaves: Readonly<Record<string, number>>;
}

/** `p50 1.20 s, p99 3.40 s, slowest 4.50 s` of milliseconds. */
export function spread(milliseconds: readonly number[]): string {
  return `p50 ${seconds(percentile(milliseconds, 50))}, p99 ${seconds(percentile(milliseconds, 99))}, slowest ${seconds(percentile(milliseconds, 100))}`;
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}

/** What was used between two readings. */
export function usage(before: Reading, after: Reading, apiece: Apiece | undefined): readonly string[] {
  const elapsed = (after.at - before.at) / 1_000;
  return [
    `    requests    ${requests(before, after, apiece)}`,
    `    by servers  ${served(before, after)}`,
    `    events      ${events(before, after, elapsed)}`,
    `    CPU         ${cpu(before, after, { elapsed, apiece })}`,
    `    memory      ${memory(before, after)}`,
    `    event loop  p99 ${lag(after, 'nodejs_eventloop_lag_p99_seconds')}, longest ${lag(after, 'nodejs_eventloop_lag_max_seconds')} late`,
    `    load        ${before.load.toFixed(1)} -> ${after.load.toFixed(1)}`,
  ];
}

/** By our own count, watches apart. */
function requests(before: Reading, after: Reading, apiece: Apiece | undefined): string {
  const name = 'sluice_kubernetes_requests_total';
  const clusters = [...after.apiServers.keys()];
  const parts = clusters.map((cluster) => {
    const verbs = growth(before.metrics, after.metrics, {
      name,
      keyOf: ({ cluster: of, verb }) => (of === cluster ? verb : undefined),
    });
    const total = [...verbs.values()].reduce((all, one) => all + one, 0);
    const words = [...verbs].map(([verb, count]) => `${verb} ${count}`).join(', ');
    const per = apiece?.leaves[cluster] ?? (apiece && cluster === 'hub' ? apiece.objects : undefined);
    return `${cluster} ${per === undefined ? total : `${(total / per).toFixed(1)} each`} (${words})`;
  });
  return parts.join('; ');
}

/** By the count of the API servers, of everybody: the bench, kubectl and the stand-ins for controllers included. */
function served(before: Reading, after: Reading): string {
  const parts = [...after.apiServers].map(([cluster, samples]) => {
    const kinds = growth(before.apiServers.get(cluster) ?? [], samples, {
      name: 'apiserver_request_total',
      keyOf: ({ verb, resource = '', subresource = '' }) =>
        verb === 'WATCH' || resource === ''
          ? undefined
          : `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`,
    });
    const words = [...kinds].slice(0, 6).map(([kind, count]) => `${kind} ${count}`);
    return `${cluster} ${words.join(', ')}`;
  });
  return parts.join('; ');
}

function events(before: Reading, after: Reading, elapsed: number): string {
  const name = 'sluice_kubernetes_watch_events_total';
  const total = sum(after.metrics, name) - sum(before.metrics, name);
  const kinds = growth(before.metrics, after.metrics, { name, keyOf: ({ kind }) => kind });
  const lists =
    sum(after.metrics, 'sluice_kubernetes_watch_lists_total') -
    sum(before.metrics, 'sluice_kubernetes_watch_lists_total');
  const words = [...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return `${total} by watches, ${(total / elapsed).toFixed(0)} a second (${words}); ${lists} lists`;
}

function cpu(
  before: Reading,
  after: Reading,
  { elapsed, apiece }: { readonly elapsed: number; readonly apiece: Apiece | undefined },
): string {
  const used = [...after.programs].map(([program, { cpuSeconds }]) => {
    return [program, cpuSeconds - (before.programs.get(program)?.cpuSeconds ?? 0)] as const;
  });
  const words = used
    .filter(([, spent]) => spent >= 0.05)
    .sort(([, left], [, right]) => right - left)
    .map(([program, spent]) => {
      const part = `${((spent / elapsed) * 100).toFixed(0)} %`;
      const each = apiece ? `, ${((spent * 1_000) / apiece.objects).toFixed(0)} ms each` : '';
      return `${program} ${spent.toFixed(1)} s (${part}${each})`;
    });
  const waited = ['sluice serve', 'temporal', 'kube-apiserver'].map((program) => {
    const [from = 0, to = 0] = [before, after].map((one) => one.programs.get(program)?.waitedSeconds ?? 0);
    return `${program} ${(to - from).toFixed(0)} s`;
  });
  return `${words.join(', ')}; waited for a processor: ${waited.join(', ')}`;
}

function memory(before: Reading, after: Reading): string {
  return ['sluice serve', 'sluice dns']
    .map((program) => {
      const [from, to] = [before, after].map((one) => one.programs.get(program)?.residentMebibytes.toFixed(0) ?? '?');
      return `${program} ${from} -> ${to} MiB`;
    })
    .join(', ');
}

function lag({ metrics }: Reading, name: string): string {
  return `${(sum(metrics, name) * 1_000).toFixed(0)} ms`;
}
