import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import pLimit from 'p-limit';
import { WORKFLOW_TYPE, workflowId } from '../spec/names.ts';
import { statusQuery } from '../workflows/messages.ts';
import type { Status } from '../workflows/status.ts';
import type { Reading } from './client.ts';
import { ClientError } from './errors.ts';
import { withNumbers } from './numbered.ts';
import { clientError } from './temporal-errors.ts';

const QUERY_DEADLINE_MS = 5_000;
const LIST_CONCURRENCY = 16;
/** How often a watched status is asked for: often enough to feel immediate; a query writes no history. */
const WATCH_INTERVAL_MS = 250;

export interface WatchOptions {
  readonly namespace: string;
  readonly name: string;
  readonly onStatus: (reading: Reading<Status>) => void;
  readonly signal: AbortSignal;
}

/** Reads statuses by query, and remembers the last one of each for the time when Temporal cannot be asked. */
export class StatusReader {
  readonly #client: Client;
  readonly #seen = new Map<string, Status>();
  /** When Temporal last answered; what is remembered is as old as that. */
  #answeredAt = new Date();

  constructor(client: Client) {
    this.#client = client;
  }

  async read(namespace: string, name: string): Promise<Reading<Status>> {
    const id = workflowId(namespace, name);
    try {
      return { value: await this.#query(id, `${namespace}/${name}`) };
    } catch (error) {
      return this.#remembered(error, this.#seen.get(id));
    }
  }

  async list(namespace?: string): Promise<Reading<readonly Status[]>> {
    try {
      return { value: byName(await this.#queryAll(namespace)) };
    } catch (error) {
      const known = [...this.#seen.values()].filter(
        (status) => namespace === undefined || status.namespace === namespace,
      );
      return this.#remembered(error, byName(known));
    }
  }

  /** Whether a workflow for this FederatedIngress is under way. */
  async isRunning(namespace: string, name: string): Promise<boolean> {
    try {
      const description = await this.#ask(
        () => this.#client.workflow.getHandle(workflowId(namespace, name)).describe(),
        name,
      );
      return description.status.name === 'RUNNING';
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async watch({ namespace, name, onStatus, signal }: WatchOptions): Promise<void> {
    let last = '';
    while (!signal.aborted) {
      const reading = await this.read(namespace, name).catch((error: unknown) => {
        if (last === '') throw error;
        return goneAsUndefined(error);
      });
      if (!reading || signal.aborted) return;
      const text = JSON.stringify(reading);
      if (text !== last) onStatus(reading);
      last = text;
      await delay(WATCH_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #queryAll(namespace: string | undefined): Promise<readonly Status[]> {
    const ids = await this.#ask(() => this.#runningIds(namespace), 'list');
    for (const id of this.#seen.keys()) if (!ids.includes(id)) this.#seen.delete(id);
    const limit = pLimit(LIST_CONCURRENCY);
    const statuses = await Promise.all(ids.map((id) => limit(() => this.#query(id, id).catch(goneAsUndefined))));
    return statuses.filter((status) => status !== undefined);
  }

  async #runningIds(namespace: string | undefined): Promise<readonly string[]> {
    const ids: string[] = [];
    const prefix = namespace === undefined ? 'federatedingress/' : workflowId(namespace, '');
    const query = `WorkflowType = "${WORKFLOW_TYPE}" AND ExecutionStatus = "Running" AND WorkflowId STARTS_WITH "${prefix}"`;
    for await (const execution of this.#client.workflow.list({ query })) ids.push(execution.workflowId);
    return ids;
  }

  async #query(id: string, subject: string): Promise<Status> {
    const handle = this.#client.workflow.getHandle(id);
    const ask = (): Promise<Status> => this.#ask(async () => withNumbers(await handle.query(statusQuery)), subject);
    const status = await ask().catch(async (error: unknown) => {
      // A run that continues as new while it is asked is gone; the run after it answers.
      if (!isNotFound(error)) throw error;
      const description = await this.#ask(() => handle.describe(), subject);
      if (description.status.name !== 'RUNNING') throw error;
      return await ask();
    });
    this.#seen.set(id, status);
    return status;
  }

  async #ask<T>(request: () => Promise<T>, subject: string): Promise<T> {
    try {
      const answer = await this.#client.withDeadline(Date.now() + QUERY_DEADLINE_MS, request);
      this.#answeredAt = new Date();
      return answer;
    } catch (error) {
      throw clientError(error, subject);
    }
  }

  #remembered<T>(error: unknown, value: T | undefined): Reading<T> {
    if (!(error instanceof ClientError) || error.kind !== 'unavailable' || value === undefined) throw error;
    return { value, staleSince: this.#answeredAt.toISOString() };
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ClientError && error.kind === 'notFound';
}

function goneAsUndefined(error: unknown): undefined {
  if (isNotFound(error)) return undefined;
  throw error;
}

function byName(statuses: readonly Status[]): readonly Status[] {
  return statuses.toSorted((a, b) => `${a.namespace}/${a.name}`.localeCompare(`${b.namespace}/${b.name}`));
}
