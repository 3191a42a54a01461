import type { Logger } from 'pino';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** An orderly stop that takes longer than this is given up. */
const LIMIT_MS = 15_000;

/**
 * Waits for SIGINT or SIGTERM, stops in order and ends the process: a call to Temporal that is still being tried again would
 * hold it up, or end it with an error. A second signal, or a stop that hangs, ends it at once.
 */
export async function untilStopped(log: Logger, stop: () => Promise<void>): Promise<never> {
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of SIGNALS) process.once(name, resolve);
  });
  log.info({ signal }, 'stopping');
  for (const name of SIGNALS) process.once(name, () => process.exit(1));
  const limit = setTimeout(() => {
    log.error({ limitMilliseconds: LIMIT_MS }, 'did not stop in time');
    process.exit(1);
  }, LIMIT_MS);
  await stop();
  clearTimeout(limit);
  log.info('stopped');
  process.exit(0);
}
