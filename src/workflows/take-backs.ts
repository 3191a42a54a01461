import { CancellationScope } from '@temporalio/workflow';
import { sameLeaf } from '../plan/leaves.ts';
import type { LeafRef } from '../plan/types.ts';

/** Leaves that are being taken back now, one task a leaf. */
export class TakeBacks {
  #tasks: readonly Task[] = [];

  /** Begins, unless the leaf is being taken back already. `body` tells its failures itself. */
  begin(ref: LeafRef, body: () => Promise<void>): void {
    if (this.#tasks.some((task) => sameLeaf(task.ref, ref))) return;
    const scope = new CancellationScope({ cancellable: true, parent: CancellationScope.current() });
    const done = scope.run(body).finally(() => {
      this.#tasks = this.#tasks.filter((task) => task.scope !== scope);
    });
    this.#tasks = [...this.#tasks, { ref, scope, done }];
  }

  /** Ends those of these leaves, since somebody is about to write them anew. Resolves when nobody else writes them any more. */
  async end(refs: readonly LeafRef[]): Promise<void> {
    const affected = this.#tasks.filter((task) => refs.some((ref) => sameLeaf(ref, task.ref)));
    for (const { scope } of affected) scope.cancel();
    await Promise.all(affected.map(({ done }) => done));
  }
}

interface Task {
  readonly ref: LeafRef;
  readonly scope: CancellationScope;
  readonly done: Promise<void>;
}
