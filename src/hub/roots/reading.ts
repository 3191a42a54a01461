import type { AnyObject } from '../../lib/kubernetes/objects.ts';

/** What a plain object of the hub asks for: one site a hostname. */
export type Reading =
  | { readonly kind: 'sites'; readonly sites: readonly Site[] }
  /** It says something that a FederatedIngress cannot. */
  | { readonly kind: 'refused'; readonly message: string };

export interface Site {
  readonly host: string;
  /** The field `leaf` of the spec. */
  readonly leaf: object;
  readonly backends: readonly SiteBackend[];
  /** The Secret with the certificate, where it is served over TLS. */
  readonly secretName?: string;
}

export interface SiteBackend {
  readonly name: string;
  readonly routes: readonly SiteRoute[];
  readonly weight?: number;
}

export interface SiteRoute {
  readonly path: string;
  readonly pathType: string;
  readonly service: { readonly name: string; readonly port: number };
}

/** The class, of Ingresses and of Gateways, that stands for Sluice. */
export const ROOT_CLASS = 'sluice';

export function refused(message: string): Reading {
  return { kind: 'refused', message };
}

/** Whether the object has asked for it, whatever its class. */
export function isLabelled({ metadata }: AnyObject): boolean {
  return metadata.labels?.['sluice.dev/federate'] === 'true';
}

/** What the leaves' class is to be, where the object says it. */
export function leafClass({ metadata }: AnyObject): string | undefined {
  return metadata.annotations?.['sluice.dev/leaf-class'];
}
