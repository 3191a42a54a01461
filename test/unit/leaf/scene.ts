import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClusterRegistry } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { createLog } from '../../../src/lib/log.ts';
import { LeafFollower } from '../../../src/planes/leaf/follower.ts';
import type { Readiness, ReadinessTarget } from '../../../src/planes/leaf/leaf.ts';
import { createLeafPlane } from '../../../src/planes/leaf/leaf-plane.ts';
import type { Written } from '../../../src/planes/leaf/written.ts';
import { until } from '../../support/until.ts';
import {
  anIngressList,
  answerJson,
  aStatus,
  isWatch,
  MisbehavingApiServer,
  openWatch,
} from '../kubernetes/misbehaving-api-server.ts';
import { aLeaf, aTarget } from './builders.ts';

export const ADDRESS = { ip: '127.0.0.1' };

/** A cluster whose API server and gateway do as they are told, and a leaf there that is followed. */
export class Scene {
  readonly told: Readiness[] = [];
  /** With each that was told: how many of the latest probes in a row had the same status for an answer. */
  readonly probesBefore: number[] = [];
  readonly ending = new AbortController();
  readonly api: MisbehavingApiServer;
  readonly gateway: Server;
  gatewayStatus = 200;
  /** What the gateway answers first, before `gatewayStatus`. */
  firstStatuses: number[] = [];
  /** What probes were answered. */
  answered: number[] = [];
  /** What the API server says when it is asked for the object by name, whatever its labels. */
  byName: object | undefined;
  readonly registry = createClusterRegistry({ log: createLog({ level: 'silent', name: 'test' }) });
  #watches: ServerResponse[] = [];
  #version = 100;

  static async start(...listed: readonly object[]): Promise<Scene> {
    const gateway = createServer();
    gateway.listen(0, '127.0.0.1');
    const [api] = await Promise.all([new MisbehavingApiServer().start(), once(gateway, 'listening')]);
    return new Scene(api, gateway, listed);
  }

  private constructor(api: MisbehavingApiServer, gateway: Server, listed: readonly object[]) {
    this.api = api;
    this.gateway = gateway;
    api.handler = (request, response) => {
      if (request.url?.endsWith('/ingresses/shop')) return this.#answerByName(response);
      if (!isWatch(request)) return answerJson(response, anIngressList(...listed));
      openWatch(response);
      this.#watches.push(response);
    };
    gateway.on('request', (_, response) => {
      const status = this.firstStatuses.shift() ?? this.gatewayStatus;
      this.answered.push(status);
      response.writeHead(status).end();
    });
  }

  get port(): number {
    const { port } = this.gateway.address() as AddressInfo; // it listens on TCP
    return port;
  }

  /** What was told, such as `notReady NoAddress`. */
  get words(): readonly string[] {
    return this.told.map((one) => {
      if (one.kind !== 'ready') return `${one.kind} ${one.reason}`;
      return `ready ${one.addresses.join()}${one.message === undefined ? '' : ' with doubts'}`;
    });
  }

  follow(target: Partial<ReadinessTarget> = {}, onChange?: (one: Readiness) => void): Promise<void> {
    this.register();
    const plane = createLeafPlane({ registry: this.registry, log: createLog({ level: 'silent', name: 'test' }) });
    return plane.follow(aTarget(target), onChange ?? ((one) => this.#note(one)), this.ending.signal);
  }

  /** As the leaf plane does, with what it has written. */
  async followWith(written: Written): Promise<void> {
    this.register();
    const cluster = this.registry.get('east');
    if (!cluster) throw new Error('it was registered');
    const onChange = (one: Readiness): void => this.#note(one);
    const options = { cluster, target: aTarget(), resolver: new Resolver(), written, onChange };
    await new LeafFollower(options).run(this.ending.signal);
  }

  register(cidrs: readonly string[] = ['127.0.0.0/8']): void {
    const config = this.api.config();
    const gateway = { ...config.gateway, httpPort: this.port, cidrs };
    this.registry.set('config', [{ ...config, gateway }]);
  }

  unregister(): void {
    this.registry.set('config', []);
  }

  #note(one: Readiness): void {
    const others = this.answered.findLastIndex((status) => status !== this.answered.at(-1));
    this.probesBefore.push(this.answered.length - 1 - others);
    this.told.push(one);
  }

  #answerByName(response: ServerResponse): void {
    if (this.byName) answerJson(response, this.byName);
    else answerJson(response, aStatus(404, 'NotFound'), 404);
  }

  /** Waits until this was told last, and returns when that was seen, in milliseconds. */
  async untilTold(expected: string): Promise<number> {
    await until(() => (this.words.at(-1) === expected ? true : undefined), { what: expected, timeoutMs: 15_000 });
    return performance.now();
  }

  async untilWatched(): Promise<void> {
    await until(() => (this.#watches.length > 0 ? true : undefined), { what: 'a watch' });
  }

  /** An event on the watch: the leaf with these entries in its status. */
  send(type: 'ADDED' | 'MODIFIED' | 'DELETED', entries: readonly object[], metadata: object = {}): void {
    this.#version += 1;
    const object = aLeaf(entries, { resourceVersion: String(this.#version), ...metadata });
    const watch = this.#watches.at(-1);
    if (!watch) throw new Error('nobody watches yet: await untilWatched() before');
    watch.write(`${JSON.stringify({ type, object })}\n`);
  }

  /** The API server breaks off and answers nothing but 503 from now on. */
  loseApi(): void {
    this.api.handler = (_, response) => response.writeHead(503).end();
    for (const watch of this.#watches) watch.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    this.registry.close();
    this.gateway.closeAllConnections();
    this.gateway.close();
    await Promise.all([once(this.gateway, 'close'), this.api.stop()]);
  }
}
