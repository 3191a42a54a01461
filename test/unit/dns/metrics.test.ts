import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Counters } from '../../../src/planes/dns/counters.ts';
import { type DnsMetricsSource, registerDnsMetrics, type WorkerMetrics } from '../../../src/planes/dns/metrics.ts';
import { RCODE, TYPE } from '../../../src/planes/dns/wire/constants.ts';
import { anIngress, HOST, served } from './support.ts';

function aWorker(count: (counters: Counters) => void, lag = 1): WorkerMetrics {
  const counters = new Counters();
  count(counters);
  return {
    counters: counters.snapshot(),
    lagMilliseconds: { mean: lag, p99: lag * 2, max: lag * 3 },
    residentBytes: 50_000_000,
  };
}

async function textOf(source: Partial<DnsMetricsSource>): Promise<string> {
  const registry = new Registry();
  const fill = registerDnsMetrics(registry);
  const whole = { workers: [], hosts: [], serials: {}, probes: [], ...source };
  // Twice: a reading must not add to the one before.
  fill(whole);
  fill(whole);
  return registry.metrics();
}

describe('metrics of the DNS server', () => {
  it('adds up what the workers count', async () => {
    const workers = [
      aWorker((counters) => {
        counters.countQuery(TYPE.A, RCODE.NOERROR);
        counters.tally(HOST, 'east').count += 3;
        counters.rateLimited += 2;
      }),
      aWorker((counters) => {
        counters.countQuery(TYPE.A, RCODE.NOERROR);
        counters.countQuery(65_280, RCODE.NXDOMAIN);
        counters.tally(HOST, 'east').count += 4;
        counters.malformed += 1;
        counters.truncated += 1;
      }, 5),
    ];
    const text = await textOf({ workers });
    for (const line of [
      'sluice_dns_queries_total{type="A",rcode="NOERROR"} 2',
      'sluice_dns_queries_total{type="other",rcode="NXDOMAIN"} 1',
      `sluice_dns_answers_total{host="${HOST}",cluster="east"} 7`,
      'sluice_dns_rate_limited_total 2',
      'sluice_dns_malformed_total 1',
      'sluice_dns_truncated_total 1',
      'sluice_dns_workers 2',
      'sluice_dns_resident_bytes 100000000',
      // That of the slowest.
      'sluice_dns_event_loop_lag_seconds{quantile="0.99"} 0.01',
      'sluice_dns_event_loop_lag_seconds{quantile="1"} 0.015',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it('tells what is served, and what the probes have found', async () => {
    const probe = { host: HOST, cluster: 'east', address: '127.0.0.11' } as const;
    const text = await textOf({
      hosts: [{ ...served(anIngress()), failsOpen: true }],
      serials: { 'example.test': 42 },
      probes: [
        { ...probe, kind: 'down', ageSeconds: 1.5 },
        { ...probe, cluster: 'west', kind: 'unknown', ageSeconds: undefined },
      ],
    });
    for (const line of [
      `sluice_dns_revision{host="${HOST}"} 7`,
      `sluice_dns_share{host="${HOST}",cluster="east"} 9000`,
      `sluice_dns_fails_open{host="${HOST}"} 1`,
      'sluice_dns_serial{zone="example.test"} 42',
      `sluice_dns_probe_state{host="${HOST}",cluster="east",address="127.0.0.11",state="down"} 1`,
      `sluice_dns_probe_state{host="${HOST}",cluster="east",address="127.0.0.11",state="up"} 0`,
      `sluice_dns_probe_age_seconds{host="${HOST}",cluster="east",address="127.0.0.11"} 1.5`,
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).not.toContain('probe_age_seconds{host="shop.example.test",cluster="west"');
  });
});
