import { globalIngress, type SlotRange, slotsOf } from '../plan/global-ingress.ts';
import { policyOf } from '../plan/policy.ts';
import type { Entity } from './entity.ts';
import { needlessPreviews, previewState } from './preview-host.ts';
import { reachOf } from './reach.ts';

/** The number of the next revision. One that came to nothing may still be published by an attempt that nobody waits for. */
export function nextRevision({ revision, spentRevision = 0 }: Entity): number {
  return Math.max(revision, spentRevision) + 1;
}

/** The newest state of the planes, with all that goes with it. */
export function whatToPublish(entity: Entity) {
  const state = globalIngress({
    host: entity.spec.host,
    ...(entity.spec.preview === undefined ? {} : { preview: entity.spec.preview.host }),
    owner: { namespace: entity.namespace, name: entity.name },
    revision: entity.revision,
    policy: entity.policy ?? policyOf(entity.spec),
    allocation: entity.published,
    addresses: entity.addresses,
    hostnames: entity.hostnames ?? {},
    ports: entity.ports ?? {},
    slots: entity.slots,
  });
  keepSlots(entity, slotsOf(state));
  const preview = previewState(entity, state);
  const dropped = needlessPreviews(entity);
  entity.reach = reachOf(entity);
  return {
    globalIngress: state,
    counted: true as const,
    ...(preview === undefined ? {} : { preview }),
    dropped,
  };
}

/** A sticky draw goes on from these; any other draw forgets them. */
export function keepSlots(entity: Entity, slots: readonly SlotRange[] | undefined): void {
  if (slots === undefined) delete entity.slots;
  else entity.slots = slots;
}
