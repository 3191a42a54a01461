import { isDeepStrictEqual } from 'node:util';
import { at } from '../../lib/kubernetes/fields.ts';
import type { AnyObject, Manifest } from '../../lib/kubernetes/objects.ts';
import { resource } from '../../lib/kubernetes/resources.ts';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import { marksOf } from '../../planes/store/kubernetes/object.ts';
import type { Endpoint } from './endpoints.ts';

export const DNS_ENDPOINT = resource('externaldns.k8s.io/v1alpha1', 'DNSEndpoint', 'dnsendpoints');

export interface DnsEndpointSettings {
  readonly namespace: string;
  /** On every object, such as external-dns selects by. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The object of one hostname, which is its name. */
export function dnsEndpointManifest(
  { host, owner }: Pick<GlobalIngress, 'host' | 'owner'>,
  endpoints: readonly Endpoint[],
  settings: DnsEndpointSettings,
): Manifest {
  const marks = marksOf(owner);
  return {
    apiVersion: DNS_ENDPOINT.apiVersion,
    kind: DNS_ENDPOINT.kind,
    metadata: {
      namespace: settings.namespace,
      name: host,
      labels: { ...settings.labels, ...marks.labels },
      annotations: marks.annotations,
    },
    spec: { endpoints },
  };
}

/** Whether the object says what the manifest says, whatever else others have put on it. */
export function isAsWritten(object: AnyObject, { metadata, spec }: Manifest): boolean {
  const { labels = {}, annotations = {} } = metadata;
  return (
    isDeepStrictEqual(at(object, 'spec'), spec) &&
    Object.entries(labels).every(([name, value]) => object.metadata.labels?.[name] === value) &&
    Object.entries(annotations).every(([name, value]) => object.metadata.annotations?.[name] === value)
  );
}
