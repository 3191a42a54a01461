import type { SteeringVerb } from '../../../src/client/client.ts';
import { ClientError } from '../../../src/client/errors.ts';
import type { PromoteInput } from '../../../src/workflows/messages.ts';
import type { Status } from '../../../src/workflows/status.ts';
import type { TestSluice } from '../sluice.ts';
import { until } from '../until.ts';

/** How long a thing may take that no fault hinders any more. */
const BOUND_MS = 90_000;

/** Somebody who steers over HTTP, tries again while nobody answers, and says everything twice at the same time. */
export class Person {
  readonly #sluice: TestSluice;
  readonly #name: string;

  constructor(sluice: TestSluice, name: string) {
    this.#sluice = sluice;
    this.#name = name;
  }

  async apply(document: unknown): Promise<void> {
    await answered(() => this.#sluice.http.apply(document, {}));
  }

  /** At the same time, whatever the other has come to; and before that once without waiting for the answer. */
  async twice(verb: SteeringVerb, input: PromoteInput = {}): Promise<readonly string[]> {
    // Nobody knows when it arrives: of these it does no harm, however late.
    if (verb === 'promote' || verb === 'pause') this.#lose(verb, input);
    return await Promise.all([this.steer(verb, input), this.steer(verb, input)]);
  }

  /** `done`, or why it was refused. */
  async steer(verb: SteeringVerb, input: PromoteInput = {}): Promise<string> {
    return await answered(async () => {
      try {
        await this.#sluice.http.steer(verb, 'default', this.#name, input);
        return 'done';
      } catch (error) {
        if (error instanceof ClientError && error.kind === 'refused') return `refused: ${error.message}`;
        throw error;
      }
    });
  }

  /** Promotes whatever waits for it until all is over, one way or the other. */
  async accompany(): Promise<Status> {
    let last: Status | undefined;
    const over = async (): Promise<Status | undefined> => {
      last = await this.status();
      // A pause whose answer was lost may come after the resume.
      if (last.rollout?.paused && !last.rollout.outcome) await this.steer('resume');
      if (waitsForPerson(last)) await this.twice('promote', { step: (last.rollout?.step ?? 0) + 1 });
      return isOver(last) ? last : undefined;
    };
    return await until(over, { what: 'the end of the rollout', timeoutMs: BOUND_MS }).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${last?.state}: ${last?.message}`, { cause: error });
    });
  }

  async untilState(state: Status['state']): Promise<Status> {
    let last: Status | undefined;
    const seen = async (): Promise<Status | undefined> => {
      last = await this.status();
      return last.state === state ? last : undefined;
    };
    return await until(seen, { what: state, timeoutMs: BOUND_MS }).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${last?.state}: ${last?.message}`, { cause: error });
    });
  }

  async status(): Promise<Status> {
    const { value, staleSince } = await this.#sluice.http.get('default', this.#name);
    if (staleSince !== undefined) throw new Error(`the status is that of ${staleSince}`);
    return value;
  }

  /** A request whose answer nobody waits for. */
  #lose(verb: SteeringVerb, input: PromoteInput): void {
    const cut = new AbortController();
    const path = `/v1/federatedingresses/default/${this.#name}/${verb}`;
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(input);
    this.#sluice.fetch(path, { method: 'POST', headers, body, signal: cut.signal }).catch(() => undefined);
    setImmediate(() => cut.abort());
  }
}

function waitsForPerson({ rollout }: Status): boolean {
  if (rollout === undefined || rollout.outcome !== undefined) return false;
  const current = rollout.steps[rollout.step];
  return current?.step.kind === 'pause' && current.step.durationSeconds === undefined && current.state === 'running';
}

function isOver({ state, rollout, generation }: Status): boolean {
  if (rollout?.generation !== generation) return false;
  return state === 'Ready' || state === 'RolledBack' || state === 'Failed';
}

/** A caller tries again when nobody has answered. What else goes wrong is thrown at once. */
async function answered<T>(call: () => Promise<T>): Promise<T> {
  const outcome = await until(
    async () => {
      try {
        return { value: await call() };
      } catch (error) {
        if (error instanceof ClientError && error.kind === 'unavailable') throw error;
        return { error };
      }
    },
    { what: 'an answer to a mutation', timeoutMs: BOUND_MS },
  );
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
