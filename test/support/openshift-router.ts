import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestCluster } from './playground.ts';
import { User } from './user.ts';

const ROUTES = 'routes.route.openshift.io';
const LOOK_EVERY_MS = 300;

interface Target {
  readonly name: string;
  readonly weight: number;
}

interface Route {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly host: string; readonly to: Target; readonly alternateBackends?: readonly Target[] };
  readonly status?: { readonly ingress?: readonly unknown[] };
}

/**
 * Plays the router of OpenShift in one cluster: admits every Route of the namespace `default`, and sends requests for its host
 * to the versions of the demo application by the weights of the Route.
 */
export class OpenShiftRouter {
  readonly #cluster: TestCluster;
  readonly #user: User;
  readonly #address: string;
  readonly #stopping = new AbortController();
  readonly #server: Server;
  #routes: readonly Route[] = [];
  #looking: Promise<void> = Promise.resolve();

  private constructor(cluster: TestCluster, address: string) {
    this.#cluster = cluster;
    this.#address = address;
    this.#user = new User(cluster.name);
    this.#server = createServer((call, answer) => this.#forward(call, answer));
  }

  static async start(cluster: TestCluster, address: string): Promise<OpenShiftRouter> {
    const router = new OpenShiftRouter(cluster, address);
    router.#server.listen(cluster.httpPort, address);
    await once(router.#server, 'listening');
    router.#looking = router.#look();
    return router;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const list: { readonly items: readonly Route[] } = JSON.parse(
        await this.#user.kubectl(['get', ROUTES, '-o', 'json']),
      );
      this.#routes = list.items;
      for (const route of list.items) if (route.status?.ingress === undefined) await this.#admit(route);
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined); // ends the wait
    }
  }

  async #admit({ metadata, spec }: Route): Promise<void> {
    const conditions = [{ type: 'Admitted', status: 'True' }];
    const place = { host: spec.host, routerName: 'default', routerCanonicalHostname: this.#address, conditions };
    await this.#user.writeStatus(ROUTES, metadata.name, { ingress: [place] });
  }

  #forward(call: IncomingMessage, answer: ServerResponse): void {
    const route = this.#routes.find(({ spec }) => spec.host === call.headers.host);
    if (route === undefined) {
      answer.writeHead(503).end('no Route');
      return;
    }
    const { v1Url, v2Url } = this.#cluster.demo;
    const target = draw([route.spec.to, ...(route.spec.alternateBackends ?? [])]);
    const onward = request(new URL(call.url ?? '/', target === 'shop-v2' ? v2Url : v1Url), (response) => {
      answer.writeHead(response.statusCode ?? 502);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    onward.end();
  }
}

function draw(targets: readonly Target[]): string | undefined {
  let left = Math.random() * targets.reduce((sum, { weight }) => sum + weight, 0);
  return targets.find(({ weight }) => {
    left -= weight;
    return left < 0;
  })?.name;
}
