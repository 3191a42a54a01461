import { createHash } from 'node:crypto';
import type { CloudGateway } from './types.ts';

export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'sluice' } as const;
export const OWNER = 'sluice.dev/owner';
/** On every object: which of the Gateway's clusters or listeners it is for. */
export const PART = 'sluice.dev/part';

type GatewayName = Pick<CloudGateway, 'namespace' | 'name'>;

/** What the owner annotation says: `Gateway default/shop`. */
export function ownerOf({ namespace, name }: GatewayName): string {
  return `Gateway ${namespace}/${name}`;
}

/**
 * The name of one of a Gateway's objects, in Kubernetes and in AWS: at most 32 letters, digits and hyphens there. The
 * digest keeps `a-b/c` apart from `a/b-c`.
 */
export function objectName({ namespace, name }: GatewayName, part = ''): string {
  const digest = createHash('sha256').update(`${namespace}/${name}/${part}`).digest('hex').slice(0, 8);
  const words = [name, part].filter((word) => word !== '').join('-');
  return `${words
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, 23)
    .replace(/-+$/, '')}-${digest}`;
}
