import { globalIngress } from '../plan/global-ingress.ts';
import type { Allocation } from '../plan/types.ts';
import { activities, WRITING } from './activities.ts';
import type { EntityRun } from './run.ts';

/** How a shift is shown and limited. No deadline: it waits until the planes follow. */
export interface ShiftOptions {
  readonly summary: string;
  readonly deadlineSeconds?: number;
}

/** Publishes an allocation as the next revision and returns when every plane serves it. */
export async function shift(run: EntityRun, next: Allocation, options: ShiftOptions): Promise<void> {
  const { entity } = run;
  // Entered before the write: whatever becomes of it, the next revision is a higher one and a rollback knows of these shares.
  entity.revision += 1;
  entity.published = next;
  run.show();
  const state = globalIngress({
    host: entity.spec.host,
    owner: { namespace: entity.namespace, name: entity.name },
    revision: entity.revision,
    ttlSeconds: entity.spec.ttlSeconds,
    allocation: next,
    addresses: entity.addresses,
  });
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
