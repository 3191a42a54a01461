import { defineConfig } from 'vitest/config';
import { InOrder } from './test/support/in-order.ts';

export default defineConfig({
  test: {
    projects: [
      {
        // Needs no server: pure code, real sockets at most.
        test: {
          name: 'fast',
          // Many of them wait for sockets and child processes rather than for a core.
          maxWorkers: 4,
          sequence: { groupOrder: 0 },
          include: ['test/{unit,golden,repo,replay}/**/*.test.ts'],
          // Ends what hangs; what takes 5 s beside four others may take 20 s on a machine that does more than this.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Our DNS server and other people's, asked the same, and ours under load; timing counts, so nothing else runs beside it.
        test: {
          name: 'conformance',
          sequence: { groupOrder: 1 },
          include: ['test/{conformance,load}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        // The real parts, started once for the whole run; files share them, so one runs after the other.
        test: {
          name: 'real',
          sequence: { groupOrder: 2 },
          include: ['test/{feature,e2e}/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
    sequence: { sequencer: InOrder },
  },
});
