import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import pLimit from 'p-limit';
import { place } from '../plan/placement.ts';
import type { Simulation } from '../plan/simulate.ts';
import type { Scenario } from '../plan/simulate-scenario.ts';
import { admit, type Environment } from '../spec/admission.ts';
import { formatIssues } from '../spec/document.ts';
import { TASK_QUEUE, WORKFLOW_TYPE, workflowId } from '../spec/names.ts';
import { parse } from '../spec/parse.ts';
import type { FederatedIngress, SpecIssue } from '../spec/types.ts';
import type { federatedIngress } from '../workflows/federated-ingress.ts';
import {
  abortUpdate,
  applyUpdate,
  deleteUpdate,
  drainUpdate,
  type PromoteInput,
  pauseUpdate,
  previewQuery,
  promoteUpdate,
  resumeUpdate,
  retryUpdate,
  type Steering,
  type SteeringResult,
  undoUpdate,
  undrainUpdate,
} from '../workflows/messages.ts';
import type { ApplyResult, PlannedPreview, Preview, Status } from '../workflows/status.ts';
import type { Reading, SluiceClient, SteeringVerb } from './client.ts';
import { ClientError } from './errors.ts';
import { temporalHealth } from './health.ts';
import { previewOfNew, simulatePreview } from './simulation.ts';
import { StatusReader } from './status-reader.ts';
import { clientError } from './temporal-errors.ts';

/** What the deadline of one call is, milliseconds: an Update waits for a worker, a query only for an answer. */
const UPDATE_DEADLINE_MS = 10_000;
const QUERY_DEADLINE_MS = 3_000;

/**
 * Updates of a kind at one time; others wait for their turn here. A workflow task that waits at Temporal for longer than a worker may need
 * to come back is given out again with its whole history: with hundreds at once most of the work would be that.
 */
const UPDATES_AT_ONCE = 64;

const UPDATES = {
  promote: promoteUpdate,
  pause: pauseUpdate,
  resume: resumeUpdate,
  abort: abortUpdate,
  retry: retryUpdate,
  undo: undoUpdate,
  drain: drainUpdate,
  undrain: undrainUpdate,
  delete: deleteUpdate,
} as const;

/**
 * A SluiceClient over Temporal. `environment` says what is registered now: it lets the client refuse unknown clusters and
 * hosts before anything is started, and place backends in a preview.
 */
export function createTemporalClient(client: Client, environment: () => Environment): SluiceClient {
  return new TemporalClient(client, environment);
}

class TemporalClient implements SluiceClient {
  readonly #client: Client;
  readonly #environment: () => Environment;
  readonly #reader: StatusReader;
  /** Those that steer do not wait behind documents, which may have to wait for a hostname. */
  readonly #limits = { apply: pLimit(UPDATES_AT_ONCE), steer: pLimit(UPDATES_AT_ONCE) };

  constructor(client: Client, environment: () => Environment) {
    this.#client = client;
    this.#environment = environment;
    this.#reader = new StatusReader(client);
  }

  async apply(document: unknown, steering: Steering): Promise<ApplyResult> {
    const spec = this.#accept(document);
    const start = new WithStartWorkflowOperation<typeof federatedIngress>(WORKFLOW_TYPE, {
      workflowId: workflowId(spec.namespace, spec.name),
      taskQueue: TASK_QUEUE,
      args: [document],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `${spec.host} (${spec.namespace}/${spec.name})`,
    });
    return await this.#update('apply', `${spec.namespace}/${spec.name}`, () =>
      this.#client.workflow.executeUpdateWithStart(applyUpdate, {
        args: [document, steering],
        startWorkflowOperation: start,
      }),
    );
  }

  async preview(document: unknown): Promise<Preview> {
    const { start: _start, ...preview } = await this.#preview(document);
    return preview;
  }

  async simulate(document: unknown, scenario: Scenario): Promise<Simulation> {
    return simulatePreview(await this.#preview(document), scenario);
  }

  async #preview(document: unknown): Promise<PlannedPreview> {
    const spec = this.#accept(document);
    const handle = this.#client.workflow.getHandle(workflowId(spec.namespace, spec.name));
    if (!(await this.#reader.isRunning(spec.namespace, spec.name))) return previewOfNew(spec);
    return await this.#call({ subject: `${spec.namespace}/${spec.name}`, deadlineMs: QUERY_DEADLINE_MS }, () =>
      handle.query(previewQuery, document, this.#environment().clusters, Date.now()),
    );
  }

  async steer(verb: SteeringVerb, namespace: string, name: string, input: PromoteInput): Promise<SteeringResult> {
    const handle = this.#client.workflow.getHandle(workflowId(namespace, name));
    return await this.#update('steer', `${namespace}/${name}`, () =>
      handle.executeUpdate(UPDATES[verb], { args: [input] }),
    );
  }

  get(namespace: string, name: string): Promise<Reading<Status>> {
    return this.#reader.read(namespace, name);
  }

  list(namespace?: string): Promise<Reading<readonly Status[]>> {
    return this.#reader.list(namespace);
  }

  watch(
    namespace: string,
    name: string,
    onStatus: (reading: Reading<Status>) => void,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#reader.watch({ namespace, name, onStatus, signal });
  }

  health(): Promise<readonly string[]> {
    return temporalHealth(this.#client);
  }

  #accept(document: unknown): FederatedIngress {
    const parsed = parse(document);
    if (parsed.kind === 'invalid') throw invalid(parsed.issues);
    const environment = this.#environment();
    // As if nothing were placed yet: what is wrong with that is wrong with any placement.
    const placed = place(parsed.value, environment.clusters, []);
    const issues = admit(placed, environment);
    if (issues.length > 0) throw invalid(issues);
    return placed;
  }

  #update<T>(what: 'apply' | 'steer', subject: string, request: () => Promise<T>): Promise<T> {
    return this.#limits[what](() => this.#call({ subject, deadlineMs: UPDATE_DEADLINE_MS }, request));
  }

  async #call<T>(call: Call, request: () => Promise<T>): Promise<T> {
    try {
      return await this.#client.withDeadline(Date.now() + call.deadlineMs, request);
    } catch (error) {
      throw clientError(error, call.subject);
    }
  }
}

interface Call {
  /** The FederatedIngress that errors name. */
  readonly subject: string;
  readonly deadlineMs: number;
}

function invalid(issues: readonly SpecIssue[]): ClientError {
  return new ClientError('invalid', formatIssues(issues), { issues });
}
