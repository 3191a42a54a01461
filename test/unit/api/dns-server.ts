import { onTestFinished } from 'vitest';
import { formatAddress } from '../../../src/lib/address.ts';
import { explainDns } from '../../../src/planes/dns/explain-dns.ts';
import type { ServedHost } from '../../../src/planes/dns/served.ts';
import { DnsServer } from '../../../src/planes/dns/server.ts';
import type { AnswerSettings } from '../../../src/planes/dns/settings.ts';
import { anIngress, anUpdate, aZone, EAST, SETTINGS, served, WEST } from '../dns/support.ts';
import { aDnsService } from './api.ts';

/** A real DNS server on loopback for these hostnames; ended when the test ends. */
export async function aDnsServer(
  hosts: readonly ServedHost[] = [served(anIngress({ targets: [EAST, WEST] }))],
  settings: Partial<AnswerSettings> = {},
): Promise<{ readonly server: DnsServer; readonly address: string }> {
  const server = new DnsServer({
    zones: [aZone()],
    serials: { 'example.test': 101 },
    listen: [{ host: '127.0.0.1', port: 0 }],
    settings: { ...SETTINGS, ...settings },
    random: () => 0.5,
  });
  const [address] = await server.start();
  onTestFinished(() => server.stop());
  if (address === undefined) throw new Error('no address');
  server.apply(anUpdate(hosts));
  server.sync();
  return { server, address: formatAddress(address) };
}

/** What the API needs of the DNS side, with these servers. */
export function dnsServiceOf(...servers: readonly string[]) {
  return aDnsService({ explain: (question, signal) => explainDns(servers, question, signal) });
}
