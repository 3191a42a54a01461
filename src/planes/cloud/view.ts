import type { ClusterRegistry, RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import type { AnyObject, Resource } from '../../lib/kubernetes/objects.ts';
import { CONFIG_MAP, GATEWAY, GATEWAY_CLASS } from '../../lib/kubernetes/resources.ts';
import type { SharedWatch } from '../../lib/kubernetes/shared-watch.ts';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import type { GlobalIngressStore } from '../store/store.ts';
import { MANAGED_BY } from './names.ts';
import type { Seen } from './read.ts';
import { CLOUD_RESOURCES } from './write.ts';

export interface ViewOptions {
  readonly hub: RegisteredCluster;
  readonly registry: ClusterRegistry;
  readonly store: GlobalIngressStore;
  /** Where the ConfigMaps with parameters are. */
  readonly namespace: string;
  readonly onChange: () => void;
  readonly onStoreError: (error: Error) => void;
}

const OURS = Object.entries(MANAGED_BY)
  .map(([label, value]) => `${label}=${value}`)
  .join();

/** Everything that the cloud controller looks at, kept up to date by watches. */
export class CloudView {
  readonly #options: ViewOptions;
  readonly #lists = new Map<string, readonly AnyObject[]>();
  readonly #ends: (() => void)[] = [];
  readonly #bindings = new Map<string, { readonly cluster: RegisteredCluster; readonly end: () => void }>();
  #traffic: ReadonlyMap<string, GlobalIngress> | undefined;

  constructor(options: ViewOptions) {
    const { hub, namespace, onChange, onStoreError, registry, store } = options;
    this.#options = options;
    const { LoadBalancer, TargetGroup, Listener } = CLOUD_RESOURCES;
    this.#follow('classes', hub.watches.of({ resource: GATEWAY_CLASS }));
    this.#follow('gateways', hub.watches.of({ resource: GATEWAY }));
    this.#follow('parameters', hub.watches.of({ resource: CONFIG_MAP, namespace }));
    this.#follow('loadBalancers', hub.watches.of(ours(LoadBalancer)));
    this.#follow('targetGroups', hub.watches.of(ours(TargetGroup)));
    this.#follow('listeners', hub.watches.of(ours(Listener)));
    this.#followBindings();
    const change = (): void => {
      this.#followBindings();
      onChange();
    };
    this.#ends.push(
      registry.onChange(change),
      store.watch((all) => {
        this.#traffic = new Map(all.map((state) => [state.host, state]));
        onChange();
      }, onStoreError),
    );
  }

  /** Everything in the hub and the traffic have been read once: before that nothing can be decided. */
  get complete(): boolean {
    const needed = ['classes', 'gateways', 'parameters', 'loadBalancers', 'targetGroups', 'listeners'];
    return this.#traffic !== undefined && needed.every((key) => this.#lists.has(key));
  }

  get classes(): readonly AnyObject[] {
    return this.#list('classes');
  }

  get gateways(): readonly AnyObject[] {
    return this.#list('gateways');
  }

  get parameters(): readonly AnyObject[] {
    return this.#list('parameters');
  }

  get traffic(): ReadonlyMap<string, GlobalIngress> {
    return this.#traffic ?? new Map<string, GlobalIngress>();
  }

  get seen(): Seen {
    const clusters = [...this.#bindings.keys()];
    return {
      loadBalancers: this.#list('loadBalancers'),
      targetGroups: this.#list('targetGroups'),
      listeners: this.#list('listeners'),
      bindings: clusters.flatMap((cluster) => this.#list(`bindings ${cluster}`).map((object) => ({ cluster, object }))),
      unknown: clusters.filter((cluster) => !this.#lists.has(`bindings ${cluster}`)),
    };
  }

  close(): void {
    for (const end of this.#ends) end();
    for (const { end } of this.#bindings.values()) end();
  }

  #list(key: string): readonly AnyObject[] {
    return this.#lists.get(key) ?? [];
  }

  #follow(key: string, watch: SharedWatch<AnyObject>): void {
    this.#ends.push(this.#keep(key, watch));
  }

  /** A list that cannot be had now stays as it was seen last. */
  #keep(key: string, watch: SharedWatch<AnyObject>): () => void {
    return watch.followAll(({ objects, unreachable }) => {
      if (unreachable && !this.#lists.has(key)) return;
      this.#lists.set(key, objects);
      this.#options.onChange();
    });
  }

  /** Clusters come and go, and come again with other credentials. */
  #followBindings(): void {
    const clusters = this.#options.registry.list();
    for (const [name, { cluster, end }] of this.#bindings) {
      if (clusters.includes(cluster)) continue;
      end();
      this.#bindings.delete(name);
      this.#lists.delete(`bindings ${name}`);
    }
    for (const cluster of clusters) {
      if (this.#bindings.has(cluster.name)) continue;
      const watch = cluster.watches.of(ours(CLOUD_RESOURCES.TargetGroupBinding));
      this.#bindings.set(cluster.name, { cluster, end: this.#keep(`bindings ${cluster.name}`, watch) });
    }
  }
}

function ours(resource: Resource<AnyObject>): {
  readonly resource: Resource<AnyObject>;
  readonly labelSelector: string;
} {
  return { resource, labelSelector: OURS };
}
