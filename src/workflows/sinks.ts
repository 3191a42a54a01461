import { CancellationScope, condition, proxySinks, type Sinks, workflowInfo } from '@temporalio/workflow';
import type { Entity } from './entity.ts';
import { statusOf } from './report.ts';
import type { Status } from './status.ts';

/** What leaves the workflow without a trace in its history. The worker of the run gets it. */
export interface StatusSinks extends Sinks {
  readonly status: {
    /** Each change of the status, about once for each task of the workflow, not when a history is replayed. */
    changed(status: Status): void;
  };
}

const { status } = proxySinks<StatusSinks>();

/** Tells the status when it is another one than before. */
export class StatusTeller {
  readonly #entity: Entity;
  #isChanged = false;
  #told = '';

  constructor(entity: Entity) {
    this.#entity = entity;
    // Looked at whenever nothing is left to do for now: a status is much to put together, and only the last one is of interest.
    const neverTrue = (): false => this.#tell();
    void CancellationScope.nonCancellable(() => condition(neverTrue));
  }

  /** Call after each change. */
  changed(): void {
    // Nobody listens in a replay; that costs a long history its speed and decides nothing.
    this.#isChanged = !workflowInfo().unsafe.isReplaying;
  }

  #tell(): false {
    if (!this.#isChanged) return false;
    this.#isChanged = false;
    const next = statusOf(this.#entity);
    const text = JSON.stringify(next);
    if (text === this.#told) return false;
    this.#told = text;
    status.changed(next);
    return false;
  }
}
