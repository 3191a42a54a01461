import type { GlobalIngress } from '../../plan/global-ingress.ts';

/** A Gateway of the hub whose class asks for a load balancer of the cloud. */
export interface CloudGateway {
  readonly namespace: string;
  readonly name: string;
  readonly listeners: readonly CloudListener[];
}

export interface CloudListener {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'HTTP' | 'HTTPS';
  /** The global hostname whose shares it forwards by. */
  readonly hostname: string;
  /** ARN of its certificate; HTTPS only. */
  readonly certificate?: string;
}

/** What a GatewayClass fixes for all its Gateways: the ConfigMap that its parametersRef names. */
export interface CloudParameters {
  readonly region: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly vpcId: string;
  readonly scheme: 'internet-facing' | 'internal';
  readonly targetType: 'ip' | 'instance';
  /** The Service of the gateway inside each member cluster. */
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
  /** How long clients may still come after the address has been taken back. */
  readonly drainSeconds: number;
  readonly providerConfig: string;
}

/** What an object that was made before says of itself. */
export interface Made {
  /** Of a binding; the others have none. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly arn?: string;
  readonly deleting: boolean;
  /** The provider's own words when it cannot do what is asked. */
  readonly problem?: string;
}

export interface MadeLoadBalancer extends Made {
  readonly dnsName?: string;
}

export interface MadeListener extends Made {
  /** ARNs that it forwards to, by its spec or by its status. */
  readonly forwardsTo: readonly string[];
}

/** Everything that exists for one Gateway. */
export interface Existing {
  readonly loadBalancer?: MadeLoadBalancer;
  /** By cluster. */
  readonly targetGroups: ReadonlyMap<string, Made>;
  readonly bindings: ReadonlyMap<string, Made>;
  /** By name of the Gateway's listener. */
  readonly listeners: ReadonlyMap<string, MadeListener>;
  /** Member clusters that could not be asked yet what bindings they have. */
  readonly unknown: readonly string[];
}

/** Everything that a decision about one Gateway rests on. */
export interface World {
  readonly gateway: CloudGateway;
  readonly parameters: CloudParameters;
  /** The traffic of the hostnames of its listeners; a hostname that nobody has claimed is not there. */
  readonly traffic: ReadonlyMap<string, GlobalIngress>;
  readonly existing: Existing;
}
