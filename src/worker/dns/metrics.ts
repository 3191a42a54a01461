import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseAddress } from '../../lib/address.ts';
import { createMetrics } from '../../lib/metrics.ts';
import { type DnsMetricsSource, registerDnsMetrics } from '../../planes/dns/metrics.ts';
import { VERSION } from '../version.ts';

/** Serves `/metrics` on an address; on none when there is no address. */
export async function serveDnsMetrics(
  listen: string | undefined,
  read: () => Promise<DnsMetricsSource>,
): Promise<{ readonly stop: () => Promise<void> }> {
  if (listen === undefined) return { stop: async () => undefined };
  const address = parseAddress(listen);
  if (address === undefined)
    throw new Error(`"${listen}" is no address for metrics; allowed is such as 127.0.0.1:9153`);
  const registry = createMetrics(VERSION);
  const refresh = registerDnsMetrics(registry);
  const text = async () => {
    refresh(await read());
    return registry.metrics();
  };
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    text().then(
      (metrics) => response.writeHead(200, { 'content-type': registry.contentType }).end(metrics),
      () => response.writeHead(500).end(),
    );
  });
  const listening = once(server, 'listening');
  // A successor binds it while its predecessor still has it.
  server.listen({ host: address.host, port: address.port, reusePort: true });
  await listening;
  return {
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
