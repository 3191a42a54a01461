import type { Cluster } from '../../lib/kubernetes/cluster.ts';
import { conditionAt } from '../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { applyObject, mergeObject } from '../../lib/kubernetes/requests.ts';
import { GATEWAY } from '../../lib/kubernetes/resources.ts';
import type { Logger } from '../../lib/log.ts';
import { differs } from './differs.ts';
import { type GatewayVerdict, gatewayStatus } from './gateway-status.ts';
import { FIELD_MANAGER } from './write.ts';

/** Holds a Gateway until everything that was made for it is gone. */
const FINALIZER = 'sluice.dev/cloud';

interface Hub {
  readonly hub: Cluster;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Before anything is made: from now on the Gateway cannot go without us. */
export async function hold({ hub, signal }: Hub, { metadata }: AnyObject): Promise<void> {
  const finalizers = metadata.finalizers ?? [];
  if (finalizers.includes(FINALIZER)) return;
  await setFinalizers({ hub, signal }, metadata, [...finalizers, FINALIZER]);
}

export async function release({ hub, signal, log }: Hub, { metadata }: AnyObject): Promise<void> {
  const finalizers = metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return;
  await setFinalizers(
    { hub, signal },
    metadata,
    finalizers.filter((one) => one !== FINALIZER),
  );
  log.info({ namespace: metadata.namespace, name: metadata.name }, 'gateway of the cloud released');
}

async function setFinalizers(
  { hub, signal }: Pick<Hub, 'hub' | 'signal'>,
  { name, namespace = '', resourceVersion }: AnyObject['metadata'],
  finalizers: readonly string[],
): Promise<void> {
  const patch = { metadata: { resourceVersion, finalizers } };
  await mergeObject(hub, { resource: GATEWAY, namespace, name }, { patch, fieldManager: FIELD_MANAGER, signal });
}

/** Brings the status of a Gateway up to date. */
export async function say({ hub, signal }: Hub, gateway: AnyObject, verdict: GatewayVerdict): Promise<void> {
  const status = gatewayStatus(gateway, verdict, new Date());
  const isSaid = !differs(gateway['status'], status) && conditionAt(gateway, 'Accepted', 'status', 'conditions');
  if (isSaid) return;
  const { namespace = '', name } = gateway.metadata;
  const manifest = { apiVersion: GATEWAY.apiVersion, kind: GATEWAY.kind, metadata: { namespace, name }, status };
  const options = { manifest, fieldManager: FIELD_MANAGER, force: true, subresource: 'status', signal } as const;
  await applyObject(hub, { resource: GATEWAY, namespace, name }, options);
}
