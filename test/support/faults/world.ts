import { FaultProxy } from '../fault-proxy.ts';
import { testPlayground } from '../playground.ts';
import type { TestSluice } from '../sluice.ts';
import { until } from '../until.ts';
import type { Round, Strike } from './plan.ts';
import type { Watcher } from './watcher.ts';

/** Where faults strike: Sluice itself, Temporal, API servers, and what stands before them. */
export class World {
  readonly proxies: ReadonlyMap<string, FaultProxy>;
  sluice: TestSluice | undefined;

  private constructor(proxies: ReadonlyMap<string, FaultProxy>) {
    this.proxies = proxies;
  }

  static async start(): Promise<World> {
    const started = testPlayground().clusters.map(async (cluster) => {
      return [cluster.name, await FaultProxy.start(cluster)] as const;
    });
    return new World(new Map(await Promise.all(started)));
  }

  proxy(cluster: string): FaultProxy {
    const proxy = this.proxies.get(cluster);
    if (proxy === undefined) throw new Error(`no proxy before ${cluster}`);
    return proxy;
  }

  /** Carries out the faults of a round, and lifts them. */
  async strike({ strikes, isNested }: Pick<Round, 'strikes' | 'isNested'>, watcher: Watcher): Promise<void> {
    const begun: { readonly lasts: number; readonly end: () => Promise<void> }[] = [];
    const endFirst = async (): Promise<void> => {
      await watcher.moments(begun[0]?.lasts ?? 0);
      await begun.shift()?.end();
    };
    try {
      for (const { what, after, lasts } of strikes) {
        await watcher.moments(after);
        begun.push({ lasts, end: await this.#begin(what) });
        if (!isNested) await endFirst();
      }
      while (begun.length > 0) await endFirst();
    } finally {
      for (const { end } of begun) await end();
    }
  }

  /** Waits until everything that was started again is there. */
  async settled(): Promise<void> {
    const ready = async (): Promise<true> => {
      const response = await this.#sluice.fetch('/readyz');
      if (!response.ok) throw new Error(await response.text());
      return true;
    };
    await until(ready, { what: 'readiness after all faults' }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.#sluice.log().split('\n').slice(-15).join('\n')}`, { cause: error });
    });
  }

  /** Nothing stands in the way of API servers any more. */
  async pass(): Promise<void> {
    for (const proxy of this.proxies.values()) await proxy.become({ kind: 'pass' });
  }

  async stop(): Promise<void> {
    for (const proxy of this.proxies.values()) await proxy.stop();
  }

  /** Returns what ends it. */
  async #begin(what: Strike['what']): Promise<() => Promise<void>> {
    const { temporal } = testPlayground();
    switch (what.kind) {
      case 'serveKilled':
        await this.#sluice.kill();
        return async () => this.#sluice.spawn();
      case 'temporalKilled':
        await temporal.kill();
        return () => temporal.start();
      case 'apiServerKilled': {
        const cluster = testPlayground().cluster(what.cluster);
        await cluster.stopApiServer();
        return () => cluster.startApiServer();
      }
      case 'answers':
        await this.proxy(what.cluster).become(what.fault);
        return () => this.proxy(what.cluster).become({ kind: 'pass' });
      default:
        return what satisfies never;
    }
  }

  get #sluice(): TestSluice {
    if (this.sluice === undefined) throw new Error('there is no Sluice yet');
    return this.sluice;
  }
}
