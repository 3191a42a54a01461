import { proxySinks, type Sinks, workflowInfo } from '@temporalio/workflow';
import type { Entity } from './entity.ts';
import { statusOf } from './report.ts';
import type { Status } from './status.ts';

/** What leaves the workflow without a trace in its history. The worker of the run gets it. */
export interface StatusSinks extends Sinks {
  readonly status: {
    /** Each change of the status, once, not when a history is replayed. */
    changed(status: Status): void;
  };
}

const { status } = proxySinks<StatusSinks>();

/** Tells the status whenever it is another one than before. */
export class StatusTeller {
  #told = '';

  tell(entity: Entity): void {
    // Nobody listens in a replay; that costs a long history its speed and decides nothing.
    if (workflowInfo().unsafe.isReplaying) return;
    const next = statusOf(entity);
    const text = JSON.stringify(next);
    if (text === this.#told) return;
    this.#told = text;
    status.changed(next);
  }
}
