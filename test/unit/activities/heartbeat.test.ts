import { afterEach, expect, it, vi } from 'vitest';
import { heartbeating } from '../../../src/activities/heartbeat.ts';
import { asActivity } from './activity-context.ts';

afterEach(() => void vi.restoreAllMocks());

it.each([
  { what: 'writing', heartbeatTimeoutMs: 3_000, everyMs: 1_500 },
  { what: 'looking', heartbeatTimeoutMs: 60_000, everyMs: 45_000 },
] as const)('what is $what heartbeats each $everyMs ms: in time, and each is a write of Temporal', async (each) => {
  const begun = vi.spyOn(globalThis, 'setInterval');
  const ended = vi.spyOn(globalThis, 'clearInterval');
  const { what, heartbeatTimeoutMs, everyMs } = each;
  const activity = asActivity({ heartbeatTimeoutMs }, () => heartbeating(what, async () => undefined));
  expect(await activity.ended).toBe('completed');
  expect(begun).toHaveBeenCalledExactlyOnceWith(expect.any(Function), everyMs);
  expect(ended).toHaveBeenCalledExactlyOnceWith(begun.mock.results[0]?.value);
});
