import { globalIngress, type SlotRange, slotsOf } from '../plan/global-ingress.ts';
import { policyOf, type TrafficPolicy } from '../plan/policy.ts';
import type { Allocation } from '../plan/types.ts';
import { activities, WRITING } from './activities.ts';
import type { Entity } from './entity.ts';
import type { EntityRun } from './run.ts';

/** How a shift is shown and limited. No deadline: it waits until the planes follow. */
export interface ShiftOptions {
  readonly summary: string;
  readonly deadlineSeconds?: number;
  /** How it is served from now on; the policy in force when absent. */
  readonly policy?: TrafficPolicy;
}

/** Publishes an allocation as the next revision and returns when every plane serves it. */
export async function shift(run: EntityRun, next: Allocation, options: ShiftOptions): Promise<void> {
  const { entity } = run;
  // Entered before the write: whatever becomes of it, the next revision is a higher one and a rollback knows of these shares.
  entity.revision += 1;
  entity.published = next;
  entity.policy = options.policy ?? entity.policy ?? policyOf(entity.spec);
  run.show();
  const state = globalIngress({
    host: entity.spec.host,
    owner: { namespace: entity.namespace, name: entity.name },
    revision: entity.revision,
    policy: entity.policy,
    allocation: next,
    addresses: entity.addresses,
    hostnames: entity.hostnames ?? {},
    slots: entity.slots,
  });
  keepSlots(entity, slotsOf(state));
  const deadline =
    options.deadlineSeconds === undefined ? {} : { scheduleToCloseTimeout: options.deadlineSeconds * 1000 };
  await run.work((watch) =>
    activities.shiftTraffic.executeWithOptions({ ...WRITING, ...deadline, summary: options.summary }, [
      { watch, globalIngress: state },
    ]),
  );
  entity.inForce = next;
  run.show();
}

/** A sticky draw goes on from these; any other draw forgets them. */
export function keepSlots(entity: Entity, slots: readonly SlotRange[] | undefined): void {
  if (slots === undefined) delete entity.slots;
  else entity.slots = slots;
}
