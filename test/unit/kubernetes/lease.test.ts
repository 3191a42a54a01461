import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LeaseClock, whileLeading } from '../../../src/lib/kubernetes/lease.ts';
import { isRecord } from '../../../src/lib/kubernetes/objects.ts';
import { until } from '../../support/until.ts';
import { answerJson, aStatus, MisbehavingApiServer } from './misbehaving-api-server.ts';

/** A clock that stands still until it is moved. */
class StandingClock implements LeaseClock {
  #now: number;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  get sleeping(): boolean {
    return this.#sleepers.size > 0;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      const wakeUp = (): void => {
        this.#sleepers.delete(sleeper);
        resolve();
      };
      signal.addEventListener('abort', wakeUp, { once: true });
    });
  }

  /** Moves on, and waits until whoever woke up sleeps again. */
  async move(ms: number): Promise<void> {
    this.#now += ms;
    for (const sleeper of Array.from(this.#sleepers)) {
      if (sleeper.until > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    await until(() => (this.sleeping ? true : undefined), { what: 'somebody who sleeps' });
  }
}

/** The one Lease object of an API server, with its rules for resource versions. */
class LeaseKeeper {
  lease: Record<string, unknown> | undefined;
  /** Of one identity: its requests are not answered. */
  silentFor: string | undefined;
  version = 1;

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.silentFor !== undefined && request.headers.authorization?.endsWith(this.silentFor) === true) return;
    const sent: unknown = request.method === 'GET' ? undefined : JSON.parse(await text(request));
    const { status, body } = this.#decide(request.method, sent);
    answerJson(response, body, status);
  }

  spec(): Record<string, unknown> {
    const spec = this.lease?.['spec'];
    return isRecord(spec) ? spec : {};
  }

  #decide(method: string | undefined, sent: unknown): { status: number; body: object } {
    if (method === 'GET')
      return this.lease ? { status: 200, body: this.lease } : { status: 404, body: aStatus(404, 'NotFound') };
    if (!isRecord(sent) || !isRecord(sent['metadata'])) return { status: 400, body: aStatus(400, 'BadRequest') };
    if (method === 'POST' && this.lease) return { status: 409, body: aStatus(409, 'AlreadyExists') };
    if (method === 'PUT' && sent['metadata']['resourceVersion'] !== String(this.version))
      return { status: 409, body: aStatus(409, 'Conflict') };
    this.change(sent);
    return { status: 200, body: this.lease ?? {} };
  }

  change(sent: Record<string, unknown>): void {
    this.version += 1;
    const metadata = { name: 'leader', namespace: 'sluice-system', uid: 'uid', resourceVersion: String(this.version) };
    this.lease = { ...sent, metadata };
  }
}

interface Holder {
  readonly clock: StandingClock;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

let server: MisbehavingApiServer;
let keeper: LeaseKeeper;
let events: string[];
beforeEach(async () => {
  server = await new MisbehavingApiServer().start();
  keeper = new LeaseKeeper();
  events = [];
  server.handler = (request, response) => void keeper.answer(request, response);
});
afterEach(() => server.stop());

const times = { durationMs: 15_000, renewMs: 5_000, giveUpMs: 10_000, retryMs: 2_000 };

async function untilAborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A candidate with a token and a clock of its own, which begins wherever. */
function candidate(identity: string, body: (signal: AbortSignal) => Promise<void> = untilAborted): Holder {
  server.writeKubeconfig({ token: identity });
  const clock = new StandingClock(Math.random() * 1e9);
  const stop = new AbortController();
  const claim = { namespace: 'sluice-system', name: 'leader', identity, clock, times };
  const lead = async (signal: AbortSignal): Promise<void> => {
    events.push(`${identity} leads`);
    try {
      await body(signal);
    } finally {
      events.push(`${identity} ends`);
    }
  };
  const cluster = server.cluster();
  const done = whileLeading(cluster, claim, lead, stop.signal);
  return { clock, stop, done };
}

async function untilEvent(event: string): Promise<void> {
  await until(() => (events.includes(event) ? true : undefined), { what: event });
}

async function settled(clock: StandingClock): Promise<void> {
  await until(() => (clock.sleeping ? true : undefined), { what: 'somebody who sleeps' });
}

async function end(...holders: readonly Holder[]): Promise<void> {
  for (const { stop } of holders) stop.abort();
  await Promise.all(holders.map(({ done }) => done));
}

describe('a lease', () => {
  it('is held by one, renewed, and given back at the end so that the other one has it at once', async () => {
    const a = candidate('a');
    await untilEvent('a leads');
    expect(keeper.spec()).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
    const b = candidate('b');
    await settled(b.clock);
    for (let round = 0; round < 5; round += 1) {
      await a.clock.move(5_000);
      await b.clock.move(5_000);
    }
    expect(events).toEqual(['a leads']);
    expect(keeper.version).toBe(7);
    await end(a);
    expect(keeper.spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await b.clock.move(2_400);
    await untilEvent('b leads');
    expect(events).toEqual(['a leads', 'a ends', 'b leads']);
    expect(keeper.spec()).toMatchObject({ holderIdentity: 'b', leaseDurationSeconds: 15, leaseTransitions: 1 });
    await end(b);
  });

  it('is taken from one who is silent, but only after its whole duration before the own eyes', async () => {
    const a = candidate('a');
    await untilEvent('a leads');
    keeper.silentFor = 'a';
    const b = candidate('b');
    await settled(b.clock);
    await b.clock.move(14_000);
    await b.clock.move(900);
    expect(events).toEqual(['a leads']);
    await b.clock.move(2_400);
    await untilEvent('b leads');
    keeper.silentFor = undefined;
    await a.clock.move(5_000);
    await untilEvent('a ends');
    expect(keeper.spec()).toMatchObject({ holderIdentity: 'b' });
    await end(a, b);
    expect(keeper.spec()).toMatchObject({ holderIdentity: '' });
  });

  it('is not taken by whose wall clock says that it has run out long ago', async () => {
    const a = candidate('a');
    await untilEvent('a leads');
    keeper.change({ ...keeper.lease, spec: { ...keeper.spec(), renewTime: '1999-01-01T00:00:00.000000Z' } });
    const b = candidate('b');
    await settled(b.clock);
    await b.clock.move(2_400);
    expect(events).toEqual(['a leads']);
    await end(a, b);
  });

  it('is given up by a holder that cannot renew it, a while before others may take it', async () => {
    const a = candidate('a');
    await untilEvent('a leads');
    server.handler = (_, response) => response.writeHead(503).end();
    await a.clock.move(5_000);
    await a.clock.move(2_000);
    await a.clock.move(2_000);
    expect(events).toEqual(['a leads']);
    await a.clock.move(1_500);
    await untilEvent('a ends');
    await settled(a.clock);
    server.handler = (request, response) => void keeper.answer(request, response);
    await a.clock.move(2_400);
    await until(() => (events.length === 3 ? true : undefined), { what: 'a second time' });
    expect(events).toEqual(['a leads', 'a ends', 'a leads']);
    await end(a);
  });

  it('is given up at once by a holder that was away for longer than it may be', async () => {
    const requests: number[] = [];
    const a = candidate('a', async (signal) => {
      requests.push(server.requests.length);
      await untilAborted(signal);
      requests.push(server.requests.length);
    });
    await untilEvent('a leads');
    void a.clock.move(60_000);
    await untilEvent('a ends');
    expect(requests[1]).toBe(requests[0]); // it did not even try
    await until(() => (events.length === 3 ? true : undefined), { what: 'a second time' });
    await end(a);
  });

  it('is kept when somebody else writes into its object, and lost when somebody else is its holder', async () => {
    const a = candidate('a');
    await untilEvent('a leads');
    keeper.change({ ...keeper.lease, note: 'by hand' });
    await a.clock.move(5_000);
    expect(keeper.spec()).toMatchObject({ holderIdentity: 'a', leaseTransitions: 0 });
    expect(keeper.lease).toMatchObject({ note: 'by hand' });
    keeper.change({ ...keeper.lease, spec: { ...keeper.spec(), holderIdentity: 'c' } });
    await a.clock.move(5_000);
    expect(events).toEqual(['a leads', 'a ends']);
    await end(a);
    expect(keeper.spec()).toMatchObject({ holderIdentity: 'c' });
  });

  it('is won by one of two who come at the same time', async () => {
    const holders = [candidate('a'), candidate('b'), candidate('c')];
    await until(() => (events.length > 0 ? true : undefined), { what: 'a holder' });
    await Promise.all(
      holders.map(async ({ clock }) => {
        await settled(clock);
        await clock.move(3_000);
      }),
    );
    expect(events).toHaveLength(1);
    await end(...holders);
  });

  it('is held while the body still ends, and then given back', async () => {
    let finish = (): void => undefined;
    const a = candidate('a', async (signal) => {
      await untilAborted(signal);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    await untilEvent('a leads');
    const before = keeper.version;
    a.stop.abort();
    await a.clock.move(5_000);
    expect([keeper.version, keeper.spec()['holderIdentity']]).toEqual([before + 1, 'a']);
    finish();
    await a.done;
    expect(keeper.spec()).toMatchObject({ holderIdentity: '' });
  });

  it('is given back when the body ends by itself, and when it throws, which is thrown on', async () => {
    await candidate('a', async () => undefined).done;
    expect(keeper.spec()).toMatchObject({ holderIdentity: '' });
    const failing = candidate('a', async () => {
      throw new Error('a bug');
    });
    await expect(failing.done).rejects.toThrow('a bug');
    expect(keeper.spec()).toMatchObject({ holderIdentity: '' });
  });

  it('may be left by a body that throws because it was told to end', async () => {
    const a = candidate('a', async (signal) => {
      await untilAborted(signal);
      signal.throwIfAborted();
    });
    await untilEvent('a leads');
    await end(a);
  });

  it('is waited for while the API server cannot be asked', async () => {
    server.handler = (_, response) => response.writeHead(500).end();
    const a = candidate('a');
    await settled(a.clock);
    await a.clock.move(3_000);
    server.handler = (request, response) => void keeper.answer(request, response);
    void a.clock.move(3_000);
    await untilEvent('a leads');
    await end(a);
  });
});
