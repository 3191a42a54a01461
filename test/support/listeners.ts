import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';

/** Small HTTP servers that play a node, a load balancer or a gateway; all of them end with `close`. */
export class Listeners {
  readonly #servers: Server[] = [];

  /** Answers every request with 200 and this text, or does as told. */
  async at(address: string, port: number, answer: string | RequestListener): Promise<void> {
    const listener: RequestListener = typeof answer === 'string' ? (_, response) => response.end(answer) : answer;
    const server = createServer(listener).listen(port, address);
    this.#servers.push(server);
    await once(server, 'listening');
  }

  async close(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }
  }
}
