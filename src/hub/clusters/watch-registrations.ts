import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import type { KubernetesError } from '../../lib/kubernetes/errors.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { CLUSTER, SECRET } from '../../lib/kubernetes/resources.ts';
import { KUBECONFIG_LABEL, type Registration, registrationOf } from './registration.ts';

export interface ClusterObject {
  readonly object: AnyObject;
  readonly registration: Registration;
}

export interface WatchRegistrationsOptions {
  readonly hub: RegisteredCluster;
  /** Where the kubeconfig Secrets are. */
  readonly namespace: string;
  /** Hears of all Cluster objects at first, and of all again after each change of one or of a Secret. */
  readonly onChange: (clusters: readonly ClusterObject[]) => void;
  /** Once for each outage. What was known last still holds. */
  readonly onUnreachable: (error: KubernetesError) => void;
}

/** Follows Cluster objects together with their kubeconfigs, until the result is called. */
export function watchRegistrations({ hub, namespace, onChange, onUnreachable }: WatchRegistrationsOptions): () => void {
  let objects: readonly AnyObject[] | undefined;
  let secrets: ReadonlyMap<string, AnyObject> | undefined;
  let away = '';

  const isThere = (error: KubernetesError | undefined): boolean => {
    const message = error?.message ?? '';
    if (error !== undefined && away !== message) onUnreachable(error);
    away = message;
    return error === undefined;
  };
  const tell = (): void => {
    if (objects === undefined || secrets === undefined) return;
    const sources = { secrets, namespace, hubKubeconfig: hub.kubeconfig };
    onChange(objects.map((object) => ({ object, registration: registrationOf(object, sources) })));
  };
  const stops = [
    hub.watches.of({ resource: CLUSTER }).followAll((state) => {
      if (!isThere(state.unreachable)) return;
      objects = state.objects;
      tell();
    }),
    hub.watches.of({ resource: SECRET, namespace, labelSelector: `${KUBECONFIG_LABEL}=true` }).followAll((state) => {
      if (!isThere(state.unreachable)) return;
      secrets = new Map(state.objects.map((secret) => [secret.metadata.name, secret]));
      tell();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
