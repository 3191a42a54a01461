import type { Cluster } from '../../lib/kubernetes/cluster.ts';
import { KubernetesError } from '../../lib/kubernetes/errors.ts';
import { conditionAt, listAt, transitionTime } from '../../lib/kubernetes/fields.ts';
import type { AnyObject, JsonObject } from '../../lib/kubernetes/objects.ts';
import { applyObject } from '../../lib/kubernetes/requests.ts';
import { GATEWAY_CLASS } from '../../lib/kubernetes/resources.ts';
import type { Logger } from '../../lib/log.ts';
import { FIELD_MANAGER } from './write.ts';

interface Hub {
  readonly hub: Cluster;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Says of a GatewayClass of ours that it is one. Nothing waits for it: where that cannot be written it is one line in the log. */
export async function acceptClass({ hub, log, signal }: Hub, gatewayClass: AnyObject): Promise<void> {
  const { name } = gatewayClass.metadata;
  const status = classStatus(gatewayClass, new Date());
  if (status === undefined) return;
  const manifest = { apiVersion: GATEWAY_CLASS.apiVersion, kind: GATEWAY_CLASS.kind, metadata: { name }, status };
  const options = { manifest, fieldManager: FIELD_MANAGER, force: true, subresource: 'status', signal } as const;
  try {
    await applyObject(hub, { resource: GATEWAY_CLASS, name }, options);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof KubernetesError)) throw error;
    log.warn({ name, err: error }, 'cannot accept a gateway class');
  }
}

const ACCEPTED = { type: 'Accepted', status: 'True' } as const;

/** Undefined when it says so already. */
export function classStatus(gatewayClass: AnyObject, now: Date): JsonObject | undefined {
  const observedGeneration = gatewayClass.metadata.generation ?? 0;
  const accepted = conditionAt(gatewayClass, 'Accepted', 'status', 'conditions');
  if (accepted?.status === 'True' && accepted.observedGeneration === observedGeneration) return undefined;
  const condition = {
    ...ACCEPTED,
    reason: 'Accepted',
    message: 'its Gateways are made by Sluice in the cloud',
    observedGeneration,
    lastTransitionTime: transitionTime(listAt(gatewayClass, 'status', 'conditions'), ACCEPTED, now),
  };
  return { conditions: [condition] };
}
