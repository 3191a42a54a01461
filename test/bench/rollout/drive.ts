import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { SteeringVerb } from '../../../src/client/client.ts';
import type { EntityState, Status } from '../../../src/workflows/status.ts';
import { until } from '../../support/until.ts';
import { benchDocument, type Strategy } from './documents.ts';
import type { Installation } from './installation.ts';
import type { BenchOptions } from './options.ts';
import { otherSide, type Side } from './places.ts';
import { answersWith, serves, whenSeen } from './wire.ts';

/** What a run needs to go on, and where its figures go. */
export interface Bench {
  readonly installation: Installation;
  readonly options: BenchOptions;
  readonly print: (line: string) => void;
  readonly show: (line: string) => void;
  /** What one part has found out and another one compares with, milliseconds. */
  readonly idle: { promote?: readonly number[] };
  /** Where the FederatedIngresses of the crowd have their traffic. */
  readonly crowd: Map<string, Side>;
}

const NAMESPACE = 'default';
/** What is submitted at one time. */
const CONCURRENCY = 16;
const LOOK_MS = 250;
const STUCK_MS = 600_000;

/** Again when nobody answered in time, as people would: the same document a second time changes nothing. */
export async function apply({ installation }: Bench, name: string, to: Side, strategy: Strategy): Promise<void> {
  const document = benchDocument(name, to, strategy);
  await until(() => installation.http.apply(document, {}), { what: `${name} is submitted`, timeoutMs: 120_000 });
}

/** When it was sent and when it was answered, by `performance.now()`. */
export interface Steered {
  readonly sentAt: number;
  readonly answeredAt: number;
}

export async function steer({ installation }: Bench, verb: SteeringVerb, name: string): Promise<Steered> {
  const sentAt = performance.now();
  await installation.http.steer(verb, NAMESPACE, name, {});
  return { sentAt, answeredAt: performance.now() };
}

/** The same; that nobody answers in time does not mean that nothing was done. */
async function steerAnyhow(bench: Bench, verb: SteeringVerb, name: string): Promise<Steered> {
  const sentAt = performance.now();
  return await steer(bench, verb, name).catch(() => ({ sentAt, answeredAt: Number.NaN }));
}

export function untilState({ installation }: Bench, name: string, state: EntityState): Promise<Status> {
  const look = async (): Promise<Status> => {
    const { value } = await installation.http.get(NAMESPACE, name);
    if (value.state === state) return value;
    throw new Error(`it is ${value.state}: ${value.message}`);
  };
  return until(look, { what: `${name} is ${state}`, timeoutMs: 120_000 });
}

/** Milliseconds from the moment that a verb is sent, and from its answer if there was one, to what clients of DNS see. */
export interface Effect {
  readonly sentToFirst: number;
  readonly sentToLast: number;
  readonly answeredToFirst: number;
  readonly answeredToLast: number;
}

/** FederatedIngresses of which each is promoted, and goes to the other side when it is. */
export async function promoteAll(bench: Bench, sides: ReadonlyMap<string, Side>): Promise<readonly Effect[]> {
  const seen = whenSeen(
    bench.installation.wires,
    [...sides].map(([name, side]) => answersWith(name, side)),
  );
  return await effects(bench, 'promote', { names: [...sides.keys()], seen });
}

/** FederatedIngresses of which each has half of its traffic where it goes to, and is told to take it back. */
export async function abortAll(bench: Bench, rising: ReadonlyMap<string, Side>): Promise<readonly Effect[]> {
  const { http, wires } = bench.installation;
  const limit = pLimit(CONCURRENCY);
  const revisions = await limit.map(
    [...rising.keys()],
    async (name) => (await http.get(NAMESPACE, name)).value.revision,
  );
  const expected = [...rising].map(([name, empty], index) =>
    serves(name, { revision: (revisions[index] ?? 0) + 1, empty }),
  );
  return await effects(bench, 'abort', { names: [...rising.keys()], seen: whenSeen(wires, expected) });
}

interface Effects {
  readonly names: readonly string[];
  readonly seen: ReturnType<typeof whenSeen>;
}

async function effects(bench: Bench, verb: SteeringVerb, { names, seen }: Effects): Promise<readonly Effect[]> {
  const sent = names.map((name) => steerAnyhow(bench, verb, name));
  const [seenAt, steered] = await Promise.all([seen, Promise.all(sent)]);
  return seenAt.map(({ firstAt, lastAt }, index) => {
    const { sentAt = Number.NaN, answeredAt = Number.NaN } = steered[index] ?? {};
    return {
      sentToFirst: firstAt - sentAt,
      sentToLast: lastAt - sentAt,
      // It may be in force before the answer is here.
      answeredToFirst: Math.max(0, firstAt - answeredAt),
      answeredToLast: Math.max(0, lastAt - answeredAt),
    };
  });
}

/** Submits many, to where `to` says, and waits until all have this state. */
export async function applyAll(
  bench: Bench,
  to: ReadonlyMap<string, Side>,
  { strategy, state }: { readonly strategy: Strategy; readonly state: EntityState },
): Promise<void> {
  const limit = pLimit(CONCURRENCY);
  await limit.map([...to], ([name, side]) => apply(bench, name, side, strategy));
  await untilAll(bench, [...to.keys()], state);
}

/** Each of the crowd with the side where its traffic is not. */
export function away(bench: Bench, names: readonly string[]): ReadonlyMap<string, Side> {
  return new Map(names.map((name) => [name, otherSide(bench.crowd.get(name) ?? 'west')]));
}

/** Waits for a state that a visibility query tells, then asks each of them whether it is true. */
export async function untilAll(bench: Bench, names: readonly string[], state: EntityState): Promise<void> {
  const { http, temporal } = bench.installation;
  const end = performance.now() + STUCK_MS;
  const query = `SluiceState='${state}' AND ExecutionStatus='Running'`;
  for (let found = -1; found < names.length; await delay(LOOK_MS)) {
    if (performance.now() > end)
      throw new Error(`${found} are ${state} after ${STUCK_MS / 1_000} s, wanted ${names.length}`);
    const next = (await temporal.workflow.count(query)).count;
    if (Math.floor(next / 100) !== Math.floor(found / 100)) bench.show(`${state}: ${next}, wanted ${names.length}`);
    found = next;
  }
  const limit = pLimit(CONCURRENCY);
  const look = async (name: string): Promise<true | undefined> =>
    (await http.get(NAMESPACE, name)).value.state === state || undefined;
  await limit.map(names, (name) => until(() => look(name), { what: `${name} is ${state}`, timeoutMs: 120_000 }));
}
