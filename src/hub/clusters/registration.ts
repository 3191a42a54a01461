import { isCidr } from '../../lib/allowed-address.ts';
import { type ClusterConfig, openCluster } from '../../lib/kubernetes/cluster.ts';
import { KubeconfigError } from '../../lib/kubernetes/errors.ts';
import { at, textAt } from '../../lib/kubernetes/fields.ts';
import type { KubeconfigSource } from '../../lib/kubernetes/kubeconfig.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { clusterSpecSchema } from '../resources/cluster.ts';

/** Only Secrets with this label are looked at, so that others in the namespace are not even held in memory. */
export const KUBECONFIG_LABEL = 'sluice.dev/kubeconfig';

/** What a Cluster object of the hub comes to. */
export type Registration =
  | { readonly kind: 'registered'; readonly config: ClusterConfig }
  | {
      readonly kind: 'refused';
      /** One CamelCase word. */
      readonly reason: string;
      readonly message: string;
      /** All but the kubeconfig, where that alone is wrong: holds together with the last kubeconfig that was good. */
      readonly settings?: Omit<ClusterConfig, 'kubeconfig'>;
    };

export interface RegistrationSources {
  /** Kubeconfig Secrets by name. */
  readonly secrets: ReadonlyMap<string, AnyObject>;
  readonly namespace: string;
  /** The hub's own: a Cluster may name another context of the same file. */
  readonly hubKubeconfig: KubeconfigSource;
}

/** Reads a Cluster object and the kubeconfig that it names. Sends nothing. */
export function registrationOf(object: AnyObject, sources: RegistrationSources): Registration {
  const parsed = clusterSpecSchema.safeParse(at(object, 'spec'));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path.map(String).join('.') ?? '';
    return refused('SpecNotValid', `spec.${path}: ${issue?.message ?? 'not valid'}`);
  }
  const { kubeconfig, gateway, classes } = parsed.data;
  const wrong = gateway.cidrs.find((cidr) => !isCidr(cidr));
  if (wrong !== undefined)
    return refused('SpecNotValid', `spec.gateway.cidrs: "${wrong}" is no network; allowed: such as 192.0.2.0/24`);
  const { name, labels = {} } = object.metadata;
  const settings = { name, labels, gateway, classes };
  const found = findKubeconfig(kubeconfig, sources);
  if (found.kind === 'refused') return { ...found, settings };
  const config = { ...settings, kubeconfig: found.source };
  try {
    openCluster(config);
    return { kind: 'registered', config };
  } catch (error) {
    if (!(error instanceof KubeconfigError)) throw error;
    return { ...refused('KubeconfigRefused', error.message), settings };
  }
}

type Found = { readonly kind: 'found'; readonly source: KubeconfigSource } | Refused;
type Refused = Extract<Registration, { kind: 'refused' }>;

interface KubeconfigReference {
  readonly secretRef?: { readonly name: string; readonly key: string } | undefined;
  readonly context?: string | undefined;
}

function findKubeconfig({ secretRef, context }: KubeconfigReference, sources: RegistrationSources): Found {
  if (secretRef !== undefined && context === undefined) return fromSecret(secretRef, sources);
  if (context === undefined || secretRef !== undefined)
    return refused('SpecNotValid', 'spec.kubeconfig: write either secretRef or context');
  return { kind: 'found', source: { ...sources.hubKubeconfig, context } };
}

function fromSecret(
  { name, key }: { readonly name: string; readonly key: string },
  { secrets, namespace }: RegistrationSources,
): Found {
  const secret = secrets.get(name);
  const title = `Secret ${namespace}/${name}`;
  if (secret === undefined) {
    const message = `there is no ${title} with label ${KUBECONFIG_LABEL}=true; make it, or label the one that is there`;
    return refused('KubeconfigMissing', message);
  }
  const data = textAt(secret, 'data', key);
  if (data === undefined) return refused('KubeconfigMissing', `${title} has no field ${key}; put the kubeconfig there`);
  return { kind: 'found', source: { kind: 'text', name: title, text: Buffer.from(data, 'base64').toString('utf8') } };
}

function refused(reason: string, message: string): Refused {
  return { kind: 'refused', reason, message };
}

/** Where a Cluster's gateways are asked; undefined when the object is not valid. */
export function clusterGateway(object: AnyObject): ClusterConfig['gateway'] | undefined {
  return clusterSpecSchema.safeParse(at(object, 'spec')).data?.gateway;
}
