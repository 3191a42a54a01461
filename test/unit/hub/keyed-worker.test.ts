import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DONE, KeyedWorker, type Next } from '../../../src/hub/keyed-worker.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);

/** A worker whose rounds end when the test says so. */
function aWorker(concurrency = 2) {
  const begun: string[] = [];
  const ends: ((outcome: Next | Error) => void)[] = [];
  const failures: number[] = [];
  const worker = new KeyedWorker({
    concurrency,
    random: () => 1,
    onFailure: (_key, _error, retryInMs) => failures.push(retryInMs),
    work: (key) => {
      begun.push(key);
      return new Promise((resolve, reject) => {
        ends.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      });
    },
  });
  const end = async (outcome: Next | Error = DONE) => {
    ends.shift()?.(outcome);
    await settle();
  };
  return { worker, begun, end, failures };
}

describe('work for many keys', () => {
  it('never has two rounds of one key, and looks once more when it was woken meanwhile', async () => {
    const { worker, begun, end } = aWorker();
    worker.wake('a');
    await settle();
    worker.wake('a');
    worker.wake('a');
    await settle();
    expect(begun).toEqual(['a']);
    await end();
    expect(begun).toEqual(['a', 'a']);
    await end();
    expect(begun).toEqual(['a', 'a']);
  });

  it('has no more rounds at one time than allowed', async () => {
    const { worker, begun, end } = aWorker(2);
    for (const key of ['a', 'b', 'c']) worker.wake(key);
    await settle();
    expect(begun).toEqual(['a', 'b']);
    await end();
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('tries again what failed, later each time, and at once when it is woken', async () => {
    const { worker, begun, end, failures } = aWorker();
    worker.wake('a');
    await settle();
    await end(new Error('no'));
    expect(failures).toEqual([250]);
    await vi.advanceTimersByTimeAsync(249);
    expect(begun).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toHaveLength(2);
    await end(new Error('no'));
    expect(failures).toEqual([250, 500]);
    worker.wake('a');
    await settle();
    expect(begun).toHaveLength(3);
  });

  it('does not come earlier than its backoff for a patient wake', async () => {
    const { worker, begun, end } = aWorker();
    worker.wake('a');
    await settle();
    worker.wake('a', { patient: true });
    await end(new Error('no'));
    worker.wake('a', { patient: true });
    await vi.advanceTimersByTimeAsync(200);
    expect(begun).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(50);
    expect(begun).toHaveLength(2);
  });

  it('comes again when a round asks for it', async () => {
    const { worker, begun, end } = aWorker();
    worker.wake('a');
    await settle();
    await end({ kind: 'again', afterMs: 1_000 });
    await vi.advanceTimersByTimeAsync(999);
    expect(begun).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toHaveLength(2);
  });

  it('begins nothing more once it is closed, and waits for what runs', async () => {
    const { worker, begun, end } = aWorker(1);
    worker.wake('a');
    worker.wake('b');
    await settle();
    let closed = false;
    void worker.close().then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    await end({ kind: 'again', afterMs: 10 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(closed).toBe(true);
    expect(begun).toEqual(['a']);
  });
});
