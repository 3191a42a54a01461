import { expect, vi } from 'vitest';
import { DnsServer } from '../../../src/planes/dns/server.ts';
import type { AnswerSettings } from '../../../src/planes/dns/settings.ts';
import { SOON } from '../../support/until.ts';
import { UdpClients } from '../dns/sockets.ts';
import { anIngress, anUpdate, aQuery, aZone, HOST, SERIAL, SETTINGS, served, ZONE } from '../dns/support.ts';

/** DNS servers on ports of their own, as others would run them. */
export class DnsServers {
  readonly #running: DnsServer[] = [];

  async start({ revision = 7, settings = SETTINGS }: { revision?: number; settings?: AnswerSettings } = {}) {
    const server = new DnsServer({
      zones: [aZone()],
      serials: { [ZONE]: SERIAL },
      settings,
      listen: [{ host: '127.0.0.1', port: 0 }],
    });
    this.#running.push(server);
    const [at = { host: '', port: 0 }] = await server.start();
    const publish = (next: number) => server.apply(anUpdate([served(anIngress({ revision: next }))]));
    publish(revision);
    server.sync();
    return {
      address: `${at.host}:${at.port}`,
      publish,
      stop: () => server.stop(),
      /** Asks so many times, and waits for all answers. */
      ask: async (count: number): Promise<void> => {
        const clients = await UdpClients.open(1);
        for (let id = 0; id < count; id += 1) clients.send(aQuery(HOST, { id }), at);
        await vi.waitFor(() => expect(clients.answered.size).toBe(count), SOON);
        clients.close();
      },
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((server) => server.stop()));
  }
}
