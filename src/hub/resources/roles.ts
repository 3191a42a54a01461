/**
 * What Sluice may do in the hub and in a member cluster, and why. Each rule is needed: the self-check of a cluster holds
 * what it is allowed against these lists.
 */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Why it is needed. */
  readonly reason: string;
}

const READ = ['get', 'list', 'watch'] as const;
/** Server-side apply is a patch; of an object that is not there yet it takes `create` as well. */
const OWN = [...READ, 'create', 'patch', 'delete'] as const;

/** Rights in the whole hub. */
export function hubRole(): readonly Rule[] {
  return [...sluiceKinds(), ...roots(), ...cloudObjects(), ...hubHelpers()];
}

/** Rights in Sluice's own namespace of the hub. */
export function hubNamespaceRole(): readonly Rule[] {
  return [
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: [...OWN, 'update'],
      reason: 'of several hub processes one acts; which DNS servers there are',
    },
    {
      apiGroups: [''],
      resources: ['secrets'],
      verbs: [...READ],
      reason: 'the kubeconfigs of member clusters, which Cluster objects name',
    },
    {
      apiGroups: [''],
      resources: ['configmaps'],
      verbs: [...READ],
      reason: 'the parameters of cloud load balancers, which a GatewayClass names',
    },
  ];
}

/** Rights in a member cluster. */
export function memberRole(): readonly Rule[] {
  return [
    {
      apiGroups: ['networking.k8s.io'],
      resources: ['ingresses'],
      verbs: [...OWN],
      reason: 'leaves of kind Ingress',
    },
    {
      apiGroups: ['gateway.networking.k8s.io'],
      resources: ['httproutes', 'gateways'],
      verbs: [...OWN],
      reason: 'leaves of kind HTTPRoute, and Gateways of their own',
    },
    {
      apiGroups: [''],
      resources: ['services'],
      verbs: [...OWN],
      reason: 'leaves of kind Service; selectors and ports of the Services that backends name',
    },
    {
      apiGroups: ['discovery.k8s.io'],
      resources: ['endpointslices'],
      verbs: ['list', 'watch'],
      reason: 'ready endpoints of the Services that backends name, for rollbacks in steps',
    },
    {
      apiGroups: [''],
      resources: ['nodes'],
      verbs: [...READ],
      reason: 'addresses of ready nodes, for Services of type NodePort',
    },
    {
      apiGroups: [''],
      resources: ['secrets'],
      verbs: [...OWN],
      reason: 'certificates of hostnames that are served over TLS, copied from the hub',
    },
    {
      apiGroups: ['route.openshift.io'],
      resources: ['routes'],
      verbs: [...OWN],
      reason: 'leaves of kind Route',
    },
    {
      apiGroups: ['route.openshift.io'],
      resources: ['routes/custom-host'],
      verbs: ['create', 'update'],
      reason: 'OpenShift lets nobody else name the host of a Route',
    },
    {
      apiGroups: ['elbv2.k8s.aws'],
      resources: ['targetgroupbindings'],
      verbs: [...OWN],
      reason: 'Services as targets of a cloud load balancer',
    },
  ];
}

function sluiceKinds(): readonly Rule[] {
  const rule = (resources: readonly string[], verbs: readonly string[], reason: string): Rule => {
    return { apiGroups: ['sluice.dev'], resources, verbs, reason };
  };
  return [
    rule(
      ['federatedingresses'],
      [...OWN, 'update'],
      'what users submit; finalizers; those made of plain Ingresses and HTTPRoutes',
    ),
    rule(['federatedingresses/status'], ['get', 'patch'], 'what became of them'),
    rule(['globalingresses'], [...READ, 'create', 'update', 'patch'], 'the traffic state of each hostname'),
    rule(['globalingresses/status'], ['get', 'patch', 'update'], 'which instance serves which revision'),
    rule(['clusters'], READ, 'the member clusters'),
    rule(['clusters/status'], ['get', 'patch'], 'whether they can be used'),
  ];
}

function roots(): readonly Rule[] {
  return [
    {
      apiGroups: ['networking.k8s.io'],
      resources: ['ingresses'],
      verbs: [...READ],
      reason: 'plain Ingresses that are federated',
    },
    {
      apiGroups: ['networking.k8s.io'],
      resources: ['ingresses/status'],
      verbs: ['patch'],
      reason: 'the addresses that they are reached at',
    },
    {
      apiGroups: ['gateway.networking.k8s.io'],
      resources: ['httproutes', 'gatewayclasses'],
      verbs: [...READ],
      reason: 'plain HTTPRoutes that are federated; classes that are Sluice',
    },
    {
      apiGroups: ['gateway.networking.k8s.io'],
      resources: ['gateways'],
      verbs: [...READ, 'patch'],
      reason: 'Gateways of class sluice and sluice-aws; the finalizer of the latter',
    },
    {
      apiGroups: ['gateway.networking.k8s.io'],
      resources: ['httproutes/status', 'gateways/status', 'gatewayclasses/status'],
      verbs: ['patch'],
      reason: 'the addresses that they are reached at',
    },
  ];
}

function cloudObjects(): readonly Rule[] {
  return [
    {
      apiGroups: ['elbv2.aws.crossplane.io'],
      resources: ['loadbalancers', 'targetgroups', 'listeners'],
      verbs: [...OWN],
      reason: 'cloud load balancers of Gateways of class sluice-aws',
    },
  ];
}

function hubHelpers(): readonly Rule[] {
  return [
    {
      apiGroups: [''],
      resources: ['secrets'],
      verbs: [...READ],
      reason: 'certificates of hostnames that are served over TLS, to copy them to the clusters',
    },
    {
      apiGroups: ['events.k8s.io'],
      resources: ['events'],
      verbs: ['create'],
      reason: 'Events of each transition',
    },
    {
      apiGroups: ['externaldns.k8s.io'],
      resources: ['dnsendpoints'],
      verbs: [...OWN],
      reason: 'GlobalIngresses for those who keep their DNS provider',
    },
  ];
}
