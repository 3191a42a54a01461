import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import pLimit from 'p-limit';
import type { RegisteredCluster } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { KubernetesError } from '../../../src/lib/kubernetes/errors.ts';
import { listAt, textAt } from '../../../src/lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { mergeObject } from '../../../src/lib/kubernetes/requests.ts';
import { INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import { GATEWAY_PORT, INGRESS_CLASS, type MemberPlace } from './places.ts';

const CONCURRENCY = 8;

/**
 * Stands in for the ingress controller of one cluster: answers every request with 200 and writes its address into the status
 * of every Ingress of its class. Contour would write 20 a second, and that would be what is measured.
 */
export class Gateway {
  readonly #cluster: RegisteredCluster;
  readonly #place: MemberPlace;
  readonly #servers: readonly Server[];
  readonly #limit = pLimit(CONCURRENCY);
  readonly #stopping = new AbortController();
  readonly #writing = new Set<string>();
  #objects: readonly AnyObject[] = [];
  #unfollow: (() => void) | undefined;
  #address: string;
  /** When each Ingress was told of the present address, by `performance.now()`. */
  readonly writtenAt = new Map<string, number>();

  private constructor(cluster: RegisteredCluster, place: MemberPlace, servers: readonly Server[]) {
    this.#cluster = cluster;
    this.#place = place;
    this.#servers = servers;
    this.#address = place.gateways[0];
  }

  static async start(cluster: RegisteredCluster, place: MemberPlace): Promise<Gateway> {
    const servers = await Promise.all(place.gateways.map(serve));
    const gateway = new Gateway(cluster, place, servers);
    gateway.#unfollow = cluster.watches.of({ resource: INGRESS }).followAll(({ objects }) => {
      gateway.#objects = objects;
      gateway.#update();
    });
    return gateway;
  }

  get address(): string {
    return this.#address;
  }

  /** Is at its other address from now on, and says so in every Ingress. */
  move(): void {
    const [first, second] = this.#place.gateways;
    this.#address = this.#address === first ? second : first;
    this.writtenAt.clear();
    this.#update();
  }

  /** How many Ingresses have the present address. */
  count(): number {
    return this.#objects.filter((object) => addressOf(object) === this.#address).length;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#unfollow?.();
    this.#limit.clearQueue();
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  #update(): void {
    for (const object of this.#objects) {
      const { name } = object.metadata;
      if (textAt(object, 'spec', 'ingressClassName') !== INGRESS_CLASS) continue;
      if (addressOf(object) === this.#address || this.#writing.has(name)) continue;
      this.#writing.add(name);
      void this.#limit(() => this.#write(object)).finally(() => this.#writing.delete(name));
    }
  }

  async #write({ metadata }: AnyObject): Promise<void> {
    const { name, namespace = 'default' } = metadata;
    const patch = { status: { loadBalancer: { ingress: [{ ip: this.#address }] } } };
    const options = { patch, subresource: 'status', fieldManager: 'bench', signal: this.#stopping.signal } as const;
    try {
      await mergeObject(this.#cluster, { resource: INGRESS, namespace, name }, options);
      this.writtenAt.set(name, performance.now());
    } catch (error) {
      // Gone meanwhile, or not answered: the next change of any Ingress tries again.
      if (!this.#stopping.signal.aborted && !(error instanceof KubernetesError)) throw error;
    }
  }
}

function addressOf(object: AnyObject): string | undefined {
  return textAt(listAt(object, 'status', 'loadBalancer', 'ingress')[0], 'ip');
}

async function serve(address: string): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
  });
  server.listen(GATEWAY_PORT, address);
  await once(server, 'listening');
  return server;
}
