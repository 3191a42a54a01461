import type { GlobalIngress } from '../../../src/plan/global-ingress.ts';
import type { CloudAction, Decision } from '../../../src/planes/cloud/decide.ts';
import type { CloudManifest } from '../../../src/planes/cloud/manifests.ts';
import type { CloudGateway, CloudParameters, Existing, Made, World } from '../../../src/planes/cloud/types.ts';

export const PARAMETERS: CloudParameters = {
  region: 'eu-west-1',
  subnets: ['subnet-1', 'subnet-2'],
  securityGroups: [],
  vpcId: 'vpc-1',
  scheme: 'internet-facing',
  targetType: 'ip',
  service: { namespace: 'gateways', name: 'envoy', port: 80 },
  drainSeconds: 60,
  providerConfig: 'default',
};

export const GATEWAY: CloudGateway = {
  namespace: 'default',
  name: 'shop',
  listeners: [{ name: 'web', port: 80, protocol: 'HTTP', hostname: 'shop.example.test' }],
};

/** The traffic of shop.example.test: shares by cluster, in basis points. */
export function trafficOf(shares: Readonly<Record<string, number>>): ReadonlyMap<string, GlobalIngress> {
  const targets = Object.entries(shares).map(([cluster, share]) => ({
    cluster,
    share,
    addresses: ['192.0.2.1'],
    hostnames: [],
  }));
  const state: GlobalIngress = {
    host: 'shop.example.test',
    owner: { namespace: 'default', name: 'shop' },
    revision: 1,
    ttlSeconds: 30,
    routing: { kind: 'weighted', draw: { kind: 'stratified' } },
    health: null,
    tls: false,
    targets,
  };
  return new Map([[state.host, state]]);
}

type Entry = {
  manifest: CloudManifest;
  cluster: string | undefined;
  arn?: string;
  deleting: boolean;
  problem?: string;
};

/** Plays Crossplane and AWS on a table: ARNs appear only when `settle` is called. */
export class Provider {
  readonly #entries = new Map<string, Entry>();
  readonly log: string[] = [];

  carryOut(actions: readonly CloudAction[]): void {
    for (const action of actions) {
      if (action.kind === 'remove') {
        const entry = this.#entries.get(key(action.of, action.made.name));
        if (entry) entry.deleting = true;
        this.log.push(`remove ${action.of}`);
      } else {
        const { kind, metadata } = action.manifest;
        const before = this.#entries.get(key(kind, metadata.name));
        if (!before) this.log.push(`create ${kind}`);
        this.#entries.set(key(kind, metadata.name), {
          deleting: false,
          ...before,
          cluster: action.cluster,
          manifest: action.manifest,
        });
      }
    }
  }

  /** Everything asked for is done in the cloud: ARNs are there, what was to be removed is gone. */
  settle(...kinds: readonly CloudManifest['kind'][]): void {
    for (const [id, entry] of this.#entries) {
      if (kinds.length > 0 && !kinds.includes(entry.manifest.kind)) continue;
      if (entry.deleting) this.#entries.delete(id);
      else entry.arn = `arn:${id}`;
    }
  }

  fail(kind: CloudManifest['kind'], problem: string): void {
    for (const entry of this.#entries.values()) if (entry.manifest.kind === kind) entry.problem = problem;
  }

  existing(): Existing {
    const of = (kind: CloudManifest['kind']): readonly Entry[] =>
      [...this.#entries.values()].filter(({ manifest }) => manifest.kind === kind);
    const [loadBalancer] = of('LoadBalancer');
    return {
      ...(loadBalancer && {
        loadBalancer: {
          ...made(loadBalancer),
          ...(loadBalancer.arn !== undefined && { dnsName: 'shop-1.elb.example.test' }),
        },
      }),
      targetGroups: new Map(of('TargetGroup').map((entry) => [part(entry), made(entry)])),
      bindings: new Map(of('TargetGroupBinding').map((entry) => [entry.cluster ?? '', made(entry)])),
      listeners: new Map(
        of('Listener').map((entry) => [part(entry), { ...made(entry), forwardsTo: [...weights(entry).keys()] }]),
      ),
      unknown: [],
    };
  }

  /** What the listener forwards by, by ARN; undefined while there is none. */
  weights(): ReadonlyMap<string, number> | undefined {
    const entry = [...this.#entries.values()].find(({ manifest }) => manifest.kind === 'Listener');
    return entry && weights(entry);
  }

  get size(): number {
    return this.#entries.size;
  }
}

export function worldOf(provider: Provider, change: Partial<World> = {}): World {
  return {
    gateway: GATEWAY,
    parameters: PARAMETERS,
    traffic: trafficOf({ east: 9_000, west: 1_000 }),
    ...change,
    existing: provider.existing(),
  };
}

/** Decides and carries out until nothing changes any more; the provider settles everything after each round. */
export function run(decideOnce: (world: World) => Decision, provider: Provider, change: Partial<World> = {}): Decision {
  let decision = decideOnce(worldOf(provider, change));
  for (let round = 0; round < 10; round += 1) {
    provider.carryOut(decision.actions);
    provider.settle();
    decision = decideOnce(worldOf(provider, change));
  }
  return decision;
}

function key(kind: string, name: string): string {
  return `${kind}/${name}`;
}

function made({ manifest, arn, deleting, problem }: Entry): Made {
  const { name } = manifest.metadata;
  return {
    name,
    uid: name,
    deleting,
    ...(arn !== undefined && { arn }),
    ...(problem !== undefined && { problem }),
  };
}

function part({ manifest }: Entry): string {
  const { annotations } = manifest.metadata as { annotations?: Record<string, string> }; // made by manifests.ts
  return annotations?.['sluice.dev/part'] ?? '';
}

function weights({ manifest }: Entry): ReadonlyMap<string, number> {
  const { forProvider } = manifest.spec as {
    forProvider: {
      defaultActions: { forwardConfig?: { targetGroups: { targetGroupARN: string; weight: number }[] } }[];
    };
  }; // made by manifests.ts
  const groups = forProvider.defaultActions.flatMap(({ forwardConfig }) => forwardConfig?.targetGroups ?? []);
  return new Map(groups.map(({ targetGroupARN, weight }) => [targetGroupARN, weight]));
}
