import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzzTcp, fuzzUdp } from './fuzz.ts';
import type { ServerUnderTest } from './server-under-test.ts';
import { candidates, type Running, serverAt } from './servers.ts';

const UDP_RUNS = Number(process.env['SLUICE_FUZZ_RUNS'] ?? 20_000);
const TCP_RUNS = Math.ceil(UDP_RUNS / 8);
const TIMEOUT_MS = 90_000;
const QUICK_MS = 500;

/** The first candidate is ours, or the one that was named by hand. */
const [candidate] = candidates();
let running: Running | undefined;
let server: ServerUnderTest;

beforeAll(async () => {
  running = await candidate?.start();
  server = serverAt(candidate?.name ?? 'sluice', running?.addresses[0]);
});

afterAll(() => running?.stop());

describe('random and mutated queries', () => {
  it('over UDP: silence, or one whole reply that fits', { timeout: TIMEOUT_MS }, () =>
    fuzzUdp(server, { runs: UDP_RUNS }),
  );

  it('over TCP: replies or an end, and nothing hangs', { timeout: TIMEOUT_MS }, () =>
    fuzzTcp(server, { runs: TCP_RUNS }),
  );

  it('leave a server that is alive and quick', async () => {
    await server.expectAlive();
    expect(await server.delay(), 'ms').toBeLessThan(QUICK_MS);
  });
});
