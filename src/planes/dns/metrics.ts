import { Counter, Gauge, type Registry } from 'prom-client';
import type { DnsCounters } from './counters.ts';

export interface DnsMetricsSource {
  counters(): DnsCounters;
  revisions(): ReadonlyMap<string, number>;
  serials(): Readonly<Record<string, number>>;
}

/** Registers what the DNS server counts; read from it only when somebody asks. */
export function registerDnsMetrics(registry: Registry, source: DnsMetricsSource): void {
  registerLabelled(registry, source);
  registerTotal(registry, ['malformed', 'Messages answered FORMERR or NOTIMP'], () => source.counters().malformed);
  registerTotal(registry, ['truncated', 'Answers that did not fit UDP'], () => source.counters().truncated);
  registerTotal(registry, ['dropped', 'Messages left without an answer'], () => source.counters().dropped);
  registerTotal(
    registry,
    ['internal_errors', 'Queries that met a fault of ours'],
    () => source.counters().internalErrors,
  );
  registerTotal(registry, ['send_errors', 'Answers that could not be sent'], () => source.counters().sendErrors);
  registerTotal(registry, ['tcp_cut', 'TCP connections closed for a limit'], () => source.counters().tcpCut);
  const connections: Gauge = new Gauge({
    name: 'sluice_dns_tcp_connections',
    help: 'Open TCP connections',
    registers: [registry],
    collect: () => {
      connections.set(source.counters().tcpConnections);
    },
  });
}

function registerLabelled(registry: Registry, source: DnsMetricsSource): void {
  const registers = [registry];
  const queries = new Counter({
    name: 'sluice_dns_queries_total',
    help: 'Well-formed queries by type and response code',
    labelNames: ['type', 'rcode'],
    registers,
    collect: () => {
      queries.reset();
      for (const { type, rcode, count } of source.counters().queries) queries.inc({ type, rcode }, count);
    },
  });
  const answers = new Counter({
    name: 'sluice_dns_answers_total',
    help: 'Answers drawn by share, by hostname and cluster',
    labelNames: ['host', 'cluster'],
    registers,
    collect: () => {
      answers.reset();
      for (const { host, cluster, count } of source.counters().answers) answers.inc({ host, cluster }, count);
    },
  });
  const revisions = new Gauge({
    name: 'sluice_dns_revision',
    help: 'Revision served, by hostname',
    labelNames: ['host'],
    registers,
    collect: () => {
      revisions.reset();
      for (const [host, revision] of source.revisions()) revisions.set({ host }, revision);
    },
  });
  const serials = new Gauge({
    name: 'sluice_dns_serial',
    help: 'SOA serial served, by zone',
    labelNames: ['zone'],
    registers,
    collect: () => {
      for (const [zone, serial] of Object.entries(source.serials())) serials.set({ zone }, serial);
    },
  });
}

function registerTotal(registry: Registry, [what, help]: readonly [string, string], read: () => number): void {
  const counter = new Counter({
    name: `sluice_dns_${what}_total`,
    help,
    registers: [registry],
    collect: () => {
      counter.reset();
      counter.inc(read());
    },
  });
}
