import type { StepRecord } from './records.ts';
import type { EntityRun } from './run.ts';
import type { Gate } from './status.ts';

const ORDER = ['leaves', 'planes', 'caches', 'measured'] as const;

/** What has to hold before a shift counts as in force, each with a line in the status. */
export class Gates {
  readonly #run: EntityRun;
  readonly #record: StepRecord;

  constructor(run: EntityRun, record: StepRecord) {
    this.#run = run;
    this.#record = record;
    delete record.gates;
  }

  wait(gate: Gate['gate'], message: string): void {
    this.#set({ gate, state: 'waiting', message });
  }

  pass(gate: Gate['gate'], message: string): void {
    this.#set({ gate, state: 'passed', message });
  }

  skip(gate: Gate['gate'], message: string): void {
    this.#set({ gate, state: 'skipped', message });
  }

  fail(gate: Gate['gate'], message: string): void {
    this.#set({ gate, state: 'failed', message });
  }

  #set(gate: Gate): void {
    const others = (this.#record.gates ?? []).filter((one) => one.gate !== gate.gate);
    this.#record.gates = [...others, gate].sort((a, b) => ORDER.indexOf(a.gate) - ORDER.indexOf(b.gate));
    this.#run.show();
  }
}
