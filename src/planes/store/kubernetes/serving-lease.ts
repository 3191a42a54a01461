import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { parseAddress } from '../../../lib/address.ts';
import type { Cluster } from '../../../lib/kubernetes/cluster.ts';
import { KubernetesError } from '../../../lib/kubernetes/errors.ts';
import { textAt } from '../../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { applyObject, deleteObject, getObject } from '../../../lib/kubernetes/requests.ts';
import { LEASE } from '../../../lib/kubernetes/resources.ts';

/** Selects the Leases of instances that serve, among all others. */
export const SERVING_LABEL = 'sluice.dev/serves';
const INSTANCE = 'sluice.dev/instance';
const ZONES = 'sluice.dev/zones';
const ADDRESS = 'sluice.dev/address';
const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'sluice' } as const;

const RENEW_MS = 10_000;
const DURATION_SECONDS = 30;
const DEADLINE_MS = 5_000;

export interface ServingLeaseOptions {
  readonly hub: Cluster;
  readonly namespace: string;
  readonly instance: string;
  /** What it can be asked for, without a dot at the end. */
  readonly zones: readonly string[];
  /** Where others may ask it what it serves, such as `192.0.2.53:53`; absent: they believe what it reports. */
  readonly advertise?: string;
  readonly log: Logger;
}

/** What the Lease of an instance says. */
export interface ServingInstance {
  readonly name: string;
  readonly zones: readonly string[];
  /** Where it says that it can be asked, an IP address and a port; absent when it does not say, or nobody can read it. */
  readonly address?: string;
  /** Another text with each sign of life; the clocks of two machines need not agree. */
  readonly sign: string;
}

/**
 * Says in the hub that this instance serves, for as long as it does: whoever changes traffic has to wait for it. An orderly
 * end takes the Lease away, unless a successor of the same name has it by then.
 */
export function keepServingLease(options: ServingLeaseOptions): { close(): Promise<void> } {
  const { hub, log, namespace, instance } = options;
  const ref = { resource: LEASE, namespace, name: leaseName(instance) };
  const identity = randomUUID();
  const ended = new AbortController();
  const renew = async (): Promise<void> => {
    const manifest = leaseManifest(options, { name: ref.name, identity });
    const request = { manifest, fieldManager: 'sluice-serving', force: true, deadlineMs: DEADLINE_MS };
    await applyObject(hub, ref, { ...request, signal: ended.signal });
  };
  const keep = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await renew().catch((error: unknown) => {
        if (ended.signal.aborted) return;
        if (!(error instanceof KubernetesError)) throw error;
        log.debug({ err: error, instance }, 'cannot renew the serving lease');
      });
      await delay(RENEW_MS, undefined, { signal: ended.signal }).catch(() => undefined); // ends the wait
    }
  };
  const keeping = keep();
  return {
    async close() {
      ended.abort();
      await keeping;
      await takeAway(hub, ref, identity).catch((error: unknown) => {
        if (!(error instanceof KubernetesError)) throw error;
        log.warn({ err: error, instance }, 'cannot take the serving lease away, it is waited for until it is old');
      });
    },
  };
}

/** Undefined for a Lease of something else. */
export function servingInstance(lease: AnyObject): ServingInstance | undefined {
  const { annotations = {} } = lease.metadata;
  const name = annotations[INSTANCE];
  if (name === undefined) return undefined;
  const sign = `${textAt(lease, 'spec', 'holderIdentity') ?? ''} ${textAt(lease, 'spec', 'renewTime') ?? ''}`;
  const zones = (annotations[ZONES] ?? '').split(',').filter((zone) => zone !== '');
  const address = annotations[ADDRESS];
  const canBeAsked = address !== undefined && (parseAddress(address)?.port ?? 0) > 0;
  return { name, zones, ...(canBeAsked && { address }), sign };
}

/** An instance is named after host and address, which no object's name may hold. */
function leaseName(instance: string): string {
  return `sluice-serving-${createHash('sha256').update(instance).digest('hex').slice(0, 16)}`;
}

function leaseManifest(
  { namespace, instance, zones, advertise }: ServingLeaseOptions,
  { name, identity }: { readonly name: string; readonly identity: string },
): object {
  return {
    apiVersion: LEASE.apiVersion,
    kind: LEASE.kind,
    metadata: {
      namespace,
      name,
      labels: { ...MANAGED_BY, [SERVING_LABEL]: 'dns' },
      annotations: {
        [INSTANCE]: instance,
        [ZONES]: zones.join(','),
        ...(advertise !== undefined && { [ADDRESS]: advertise }),
      },
    },
    // MicroTime: six digits after the second.
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: DURATION_SECONDS,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    },
  };
}

async function takeAway(
  hub: Cluster,
  ref: { readonly resource: typeof LEASE; readonly namespace: string; readonly name: string },
  identity: string,
): Promise<void> {
  const options = { signal: AbortSignal.timeout(DEADLINE_MS), deadlineMs: DEADLINE_MS };
  const found = await getObject(hub, ref, options);
  if (textAt(found, 'spec', 'holderIdentity') !== identity || found === undefined) return;
  await deleteObject(hub, ref, { uid: found.metadata.uid, ...options });
}
