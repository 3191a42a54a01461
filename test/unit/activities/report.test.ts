import { WorkflowNotFoundError } from '@temporalio/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { signalReport } from '../../../src/activities/report.ts';

// The timers of promises are not among those that vitest winds: waiting moves the clock.
vi.mock('node:timers/promises', () => ({ setTimeout: async (ms: number) => void vi.setSystemTime(Date.now() + ms) }));
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

/** A Temporal that answers as a test says. */
function aReport(answer: (call: number) => Error | undefined) {
  const warn = vi.fn();
  let calls = 0;
  const signal = async (): Promise<void> => {
    calls += 1;
    const error = answer(calls);
    if (error) throw error;
  };
  const client = {
    workflow: { getHandle: () => ({ signal }) },
    withDeadline: async (_deadline: number, body: () => Promise<void>) => await body(),
  };
  const report = signalReport(client as never, { warn } as never);
  return { report, warn, calls: () => calls };
}

const AWAY = new Error('14 UNAVAILABLE');
const NEWS = { watch: 'one' };

it('does not drop a report while Temporal is away, however long, and says so once', async () => {
  const back = Date.now() + 3_600_000;
  const { report, warn } = aReport(() => (Date.now() < back ? AWAY : undefined));
  await report('id', NEWS, new AbortController().signal);
  expect(Date.now() - back).toBeLessThanOrEqual(5_000);
  expect(Date.now()).toBeGreaterThanOrEqual(back);
  expect(warn).toHaveBeenCalledOnce();
});

it('is quiet about a Temporal that is soon back', async () => {
  const { report, warn, calls } = aReport((call) => (call < 5 ? AWAY : undefined));
  await report('id', NEWS, new AbortController().signal);
  expect(calls()).toBe(5);
  expect(warn).not.toHaveBeenCalled();
});

it('gives up with its activity', async () => {
  const activity = new AbortController();
  const { report, calls } = aReport((call) => {
    if (call === 3) activity.abort();
    return AWAY;
  });
  await report('id', NEWS, activity.signal);
  expect(calls()).toBe(3);
});

it('has nobody to report to when the workflow is gone', async () => {
  const { report, calls } = aReport(() => new WorkflowNotFoundError('gone', 'id', undefined));
  await report('id', NEWS, new AbortController().signal);
  expect(calls()).toBe(1);
});
