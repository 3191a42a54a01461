import type { Manifest } from '../../lib/kubernetes/objects.ts';
import { MANAGED_BY, OWNER, objectName, ownerOf, PART } from './names.ts';
import type { CloudGateway, CloudListener, CloudParameters } from './types.ts';

/**
 * The Crossplane objects of one Gateway: provider-aws, group elbv2.aws.crossplane.io/v1alpha1. What is given in AWS under
 * another spelling in neighbouring fields (loadBalancerArn, targetGroupARN) is spelt as those definitions have it.
 */
export const ELBV2 = 'elbv2.aws.crossplane.io/v1alpha1';
/** Of the AWS load balancer controller in the member clusters. */
export const BINDINGS = 'elbv2.k8s.aws/v1beta1';

export interface CloudManifest extends Manifest {
  readonly kind: 'LoadBalancer' | 'TargetGroup' | 'Listener' | 'TargetGroupBinding';
  readonly metadata: Manifest['metadata'] & { readonly name: string };
  readonly spec: object;
}

interface Owned {
  readonly gateway: CloudGateway;
  readonly parameters: CloudParameters;
}

export function loadBalancer({ gateway, parameters }: Owned): CloudManifest {
  const { region, scheme, securityGroups, subnets } = parameters;
  const name = objectName(gateway);
  return {
    apiVersion: ELBV2,
    kind: 'LoadBalancer',
    metadata: metadata(gateway, { name }),
    spec: managed(parameters, {
      region,
      name,
      loadBalancerType: 'application',
      scheme,
      subnetMappings: subnets.map((subnetID) => ({ subnetID })),
      ...(securityGroups.length > 0 && { securityGroups }),
    }),
  };
}

export function targetGroup({ gateway, parameters }: Owned, cluster: string): CloudManifest {
  const { region, service, targetType, vpcId } = parameters;
  const name = objectName(gateway, cluster);
  return {
    apiVersion: ELBV2,
    kind: 'TargetGroup',
    metadata: metadata(gateway, { name, part: cluster }),
    spec: managed(parameters, { region, name, protocol: 'HTTP', port: service.port, targetType, vpcID: vpcId }),
  };
}

/** Weights by ARN of a target group, as `weightsOf` gives them. */
export type Weights = ReadonlyMap<string, number>;

/** Forwards by weight; with nobody to forward to it says so itself. */
export function listener(
  { gateway, parameters }: Owned,
  wanted: CloudListener,
  { loadBalancerArn, weights }: { readonly loadBalancerArn: string; readonly weights: Weights },
): CloudManifest {
  const targetGroups = [...weights].map(([targetGroupARN, weight]) => ({ targetGroupARN, weight }));
  const forward = { actionType: 'forward', forwardConfig: { targetGroups } };
  return {
    apiVersion: ELBV2,
    kind: 'Listener',
    metadata: metadata(gateway, { name: objectName(gateway, wanted.name), part: wanted.name }),
    spec: managed(parameters, {
      region: parameters.region,
      port: wanted.port,
      protocol: wanted.protocol,
      loadBalancerArn,
      ...(wanted.certificate !== undefined && { certificates: [{ certificateARN: wanted.certificate }] }),
      defaultActions: [targetGroups.length > 0 ? forward : NOBODY_SERVES],
    }),
  };
}

const NOBODY_SERVES = {
  actionType: 'fixed-response',
  fixedResponseConfig: { statusCode: '503', contentType: 'text/plain', messageBody: 'no cluster serves this hostname' },
} as const;

/** Brings the addresses of the gateway inside a member cluster into the target group. */
export function binding({ gateway, parameters }: Owned, cluster: string, targetGroupARN: string): CloudManifest {
  const { service, targetType } = parameters;
  return {
    apiVersion: BINDINGS,
    kind: 'TargetGroupBinding',
    metadata: metadata(gateway, {
      name: objectName(gateway, cluster),
      namespace: service.namespace,
      part: cluster,
    }),
    spec: { targetGroupARN, targetType, serviceRef: { name: service.name, port: service.port } },
  };
}

/** AWS takes whole weights from 0 to 999. Whoever has a share gets at least 1, whoever has none gets nothing. */
export function weightOf(share: number): number {
  return share === 0 ? 0 : Math.max(1, Math.round((share * 999) / 10_000));
}

function managed({ providerConfig }: CloudParameters, forProvider: object): object {
  return { forProvider, providerConfigRef: { name: providerConfig } };
}

function metadata(
  gateway: CloudGateway,
  { part, ...place }: { readonly name: string; readonly namespace?: string; readonly part?: string },
): CloudManifest['metadata'] {
  return {
    ...place,
    labels: MANAGED_BY,
    annotations: { [OWNER]: ownerOf(gateway), ...(part !== undefined && { [PART]: part }) },
  };
}
