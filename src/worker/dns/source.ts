import type { Address } from '../../lib/address.ts';
import type { Logger } from '../../lib/log.ts';
import type { TreeUpdate } from '../../planes/dns/zone/tree.ts';
import { keepServingLease } from '../../planes/store/kubernetes/serving-lease.ts';
import { createServingReporter, type ServingReporter } from '../../planes/store/kubernetes/serving-reporter.ts';
import type { GlobalIngressStore } from '../../planes/store/store.ts';
import type { Config } from '../config.ts';
import { storeDirectory } from '../state.ts';
import { openHub, openStore } from '../store.ts';
import { Gateways } from './gateways.ts';
import { instanceName } from './instance-name.ts';

export interface SourceOptions {
  readonly config: Config;
  readonly listen: readonly Address[];
  readonly log: Logger;
}

/** Where the DNS server learns what to serve, and who is told what it serves: files of this machine, or a hub. */
export class Source {
  readonly store: GlobalIngressStore;
  /** Where the store is kept, if that is a folder. */
  readonly directory?: string;
  readonly gateways: Gateways;
  readonly #zones: readonly string[];
  readonly #reporter: ServingReporter | undefined;
  readonly #lease: { close(): Promise<void> } | undefined;
  readonly #close: () => void;

  constructor({ config, listen, log }: SourceOptions) {
    const opened = openHub(config, log);
    this.store = openStore(config, opened?.hub);
    this.gateways = new Gateways(config);
    this.#zones = config.zones.map(({ name }) => name);
    if (opened === undefined) {
      this.directory = storeDirectory(config);
      this.#close = () => undefined;
      return;
    }
    const { hub } = opened;
    const instance = instanceName(listen[0]);
    const { namespace } = opened;
    this.#reporter = createServingReporter({ hub, instance, log });
    const { advertise } = config.dns;
    const lease = { hub, namespace, instance, zones: this.#zones, log };
    this.#lease = keepServingLease({ ...lease, ...(advertise !== undefined && { advertise }) });
    const stop = this.gateways.follow(hub);
    this.#close = () => {
      stop();
      opened.close();
    };
  }

  /** All workers serve what the update says. */
  inForce({ hosts, removed }: Pick<TreeUpdate, 'hosts' | 'removed'>): void {
    for (const { state } of hosts) if (this.#isServed(state.host)) this.#reporter?.served(state.host, state.revision);
    for (const host of removed) this.#reporter?.removed(host);
  }

  async close(): Promise<void> {
    await Promise.all([this.#reporter?.close(), this.#lease?.close()]);
    this.#close();
  }

  /** A hostname outside of all zones is refused, whatever the store says of it. */
  #isServed(host: string): boolean {
    return this.#zones.some((zone) => host === zone || host.endsWith(`.${zone}`));
  }
}
