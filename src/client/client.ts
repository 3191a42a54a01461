import type { Simulation } from '../plan/simulate.ts';
import type { Scenario } from '../plan/simulate-scenario.ts';
import type { PromoteInput, Steering, SteeringResult } from '../workflows/messages.ts';
import type { ApplyResult, Preview, Status } from '../workflows/status.ts';

/** What the doors (HTTP API, later the hub) do with FederatedIngresses. All calls have a deadline and throw ClientError. */
export interface SluiceClient {
  apply(document: unknown, steering: Steering): Promise<ApplyResult>;
  /** The plan that applying this document would walk; nothing is changed. */
  preview(document: unknown): Promise<Preview>;
  /** How the rollout that applying this document would start goes if this happens; nothing is changed. */
  simulate(document: unknown, scenario: Scenario): Promise<Simulation>;
  /** The status, or the last one seen while Temporal or its workers cannot be reached. */
  get(namespace: string, name: string): Promise<Reading<Status>>;
  list(namespace?: string): Promise<Reading<readonly Status[]>>;
  steer(verb: SteeringVerb, namespace: string, name: string, input: PromoteInput): Promise<SteeringResult>;
  /** Calls back with the status at once and at each change, until `signal` aborts or the object is gone. Throws `notFound`. */
  watch(
    namespace: string,
    name: string,
    onStatus: (reading: Reading<Status>) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Empty when the Temporal server answers and a worker polls the task queue; else one sentence each. */
  health(): Promise<readonly string[]>;
}

export type SteeringVerb = 'promote' | 'pause' | 'resume' | 'abort' | 'retry' | 'undo' | 'drain' | 'undrain' | 'delete';

/** `staleSince` (RFC 3339) is set when the value is the last one seen because its source cannot be asked now. */
export interface Reading<T> {
  readonly value: T;
  readonly staleSince?: string;
}
