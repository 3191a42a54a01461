import { listAt, transitionTime } from '../../lib/kubernetes/fields.ts';
import type { AnyObject, JsonObject } from '../../lib/kubernetes/objects.ts';

/** What is to be said of a Gateway. */
export type GatewayVerdict =
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'programmed'; readonly address: string };

type Condition = Readonly<Record<'type' | 'status' | 'reason' | 'message', string>>;

/**
 * The status of a Gateway in the words of the Gateway API (Accepted, Programmed). Times of conditions stay while their
 * status does, so that the same verdict gives the same status.
 */
export function gatewayStatus(gateway: AnyObject, verdict: GatewayVerdict, now: Date): JsonObject {
  const conditions = conditionsOf(verdict).map((condition) => ({
    ...condition,
    observedGeneration: gateway.metadata.generation ?? 0,
    lastTransitionTime: transitionTime(listAt(gateway, 'status', 'conditions'), condition, now),
  }));
  const addresses = verdict.kind === 'programmed' ? [{ type: 'Hostname', value: verdict.address }] : [];
  return { addresses, conditions };
}

function conditionsOf(verdict: GatewayVerdict): readonly Condition[] {
  if (verdict.kind === 'refused') {
    const { reason, message } = verdict;
    return [
      { type: 'Accepted', status: 'False', reason, message },
      { type: 'Programmed', status: 'False', reason: 'Invalid', message },
    ];
  }
  const accepted = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'made by Sluice in the cloud' };
  const programmed =
    verdict.kind === 'programmed'
      ? { type: 'Programmed', status: 'True', reason: 'Programmed', message: `reached at ${verdict.address}` }
      : { type: 'Programmed', status: 'False', reason: 'Pending', message: verdict.message };
  return [accepted, programmed];
}
