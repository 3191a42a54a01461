import { Counter, Gauge, type Registry } from 'prom-client';
import type { DnsCounters } from './counters.ts';
import type { ServedHost } from './served.ts';

/** What the DNS server has to tell at one moment. */
export interface DnsMetricsSource {
  /** One entry a worker; their counts are added up. A worker that was replaced takes its counts with it. */
  readonly workers: readonly WorkerMetrics[];
  readonly hosts: readonly ServedHost[];
  /** SOA serial, by zone. */
  readonly serials: Readonly<Record<string, number>>;
  readonly probes: readonly ProbeMetrics[];
}

export interface WorkerMetrics {
  readonly counters: DnsCounters;
  readonly lagMilliseconds: { readonly mean: number; readonly p99: number; readonly max: number };
  readonly residentBytes: number;
}

export interface ProbeMetrics {
  readonly host: string;
  readonly cluster: string;
  readonly address: string;
  readonly kind: 'up' | 'down' | 'unknown';
  /** Since the last probe; undefined when there was none yet. */
  readonly ageSeconds: number | undefined;
}

/** Registers the metrics of the DNS server. The result fills them in; call it before each reading. */
export function registerDnsMetrics(registry: Registry): (source: DnsMetricsSource) => void {
  const fillers = [...totals(registry), ...counts(registry), ...served(registry), ...processes(registry)];
  return (source) => {
    for (const fill of fillers) fill(source);
  };
}

type Fill = (source: DnsMetricsSource) => void;

type Total = Exclude<keyof DnsCounters, 'queries' | 'answers' | 'tcpConnections'>;

const TOTALS: readonly (readonly [key: Total, name: string, help: string])[] = [
  ['malformed', 'malformed', 'Messages answered FORMERR or NOTIMP'],
  ['truncated', 'truncated', 'Answers that did not fit UDP, or were cut short by the rate limit'],
  ['dropped', 'dropped', 'Messages left without an answer: responses, runts, messages from port 0'],
  ['rateLimited', 'rate_limited', 'Answers that the rate limit truncated or dropped'],
  ['transfers', 'transfers', 'Zone transfers begun, whole ones and changes'],
  ['transfersRefused', 'transfers_refused', 'Zone transfers refused'],
  ['internalErrors', 'internal_errors', 'Queries that met a fault of ours'],
  ['sendErrors', 'send_errors', 'Answers that could not be sent, estimated: one in 16 is watched'],
  ['tcpCut', 'tcp_cut', 'TCP connections closed for a limit'],
];

function totals(registry: Registry): readonly Fill[] {
  return TOTALS.map(([key, name, help]) => {
    const counter = new Counter({ name: `sluice_dns_${name}_total`, help, registers: [registry] });
    return ({ workers }) => {
      counter.reset();
      counter.inc(workers.reduce((sum, { counters }) => sum + counters[key], 0));
    };
  });
}

function counts(registry: Registry): readonly Fill[] {
  const registers = [registry];
  const queries = new Counter({
    name: 'sluice_dns_queries_total',
    help: 'Well-formed queries by type and response code',
    labelNames: ['type', 'rcode'],
    registers,
  });
  const answers = new Counter({
    name: 'sluice_dns_answers_total',
    help: 'Answers drawn, by hostname and cluster',
    labelNames: ['host', 'cluster'],
    registers,
  });
  return [
    ({ workers }) => {
      queries.reset();
      answers.reset();
      for (const { counters } of workers) {
        for (const { type, rcode, count } of counters.queries) queries.inc({ type, rcode }, count);
        for (const { host, cluster, count } of counters.answers) answers.inc({ host, cluster }, count);
      }
    },
  ];
}

const STATES = ['up', 'down', 'unknown'] as const;

function served(registry: Registry): readonly Fill[] {
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `sluice_dns_${name}`, help, labelNames, registers: [registry] });
  const revision = gauge('revision', 'Revision served, by hostname', ['host']);
  const share = gauge('share', 'Share of a cluster that is drawn from, basis points', ['host', 'cluster']);
  const failsOpen = gauge('fails_open', '1 while too much share is down and health is left out of account', ['host']);
  const serial = gauge('serial', 'SOA serial served, by zone', ['zone']);
  const probe = gauge('probe_state', '1 for the state that a target is in', ['host', 'cluster', 'address', 'state']);
  const age = gauge('probe_age_seconds', 'Time since a target was last probed', ['host', 'cluster', 'address']);
  return [
    ({ hosts, serials }) => {
      for (const one of [revision, share, failsOpen, serial]) one.reset();
      for (const { state, failsOpen: open } of hosts) {
        revision.set({ host: state.host }, state.revision);
        failsOpen.set({ host: state.host }, open ? 1 : 0);
        for (const target of state.targets) share.set({ host: state.host, cluster: target.cluster }, target.share);
      }
      for (const [zone, value] of Object.entries(serials)) serial.set({ zone }, value);
    },
    ({ probes }) => {
      probe.reset();
      age.reset();
      for (const { kind, ageSeconds, ...labels } of probes) {
        for (const state of STATES) probe.set({ ...labels, state }, state === kind ? 1 : 0);
        if (ageSeconds !== undefined) age.set(labels, ageSeconds);
      }
    },
  ];
}

function processes(registry: Registry): readonly Fill[] {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `sluice_dns_${name}`, help, labelNames, registers: [registry] });
  const workers = gauge('workers', 'Workers that answer');
  const connections = gauge('tcp_connections', 'Open TCP connections');
  const lag = gauge('event_loop_lag_seconds', 'How late the slowest worker ran since the last reading', ['quantile']);
  const memory = gauge('resident_bytes', 'Memory of all workers');
  return [
    ({ workers: all }) => {
      const slowest = (key: keyof WorkerMetrics['lagMilliseconds']) =>
        Math.max(0, ...all.map(({ lagMilliseconds }) => lagMilliseconds[key])) / 1_000;
      workers.set(all.length);
      connections.set(all.reduce((sum, { counters }) => sum + counters.tcpConnections, 0));
      memory.set(all.reduce((sum, { residentBytes }) => sum + residentBytes, 0));
      lag.set({ quantile: 'mean' }, slowest('mean'));
      lag.set({ quantile: '0.99' }, slowest('p99'));
      lag.set({ quantile: '1' }, slowest('max'));
    },
  ];
}
