import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const FIRST_DELAY_MS = 100;
/** Short, since nothing answers meanwhile: with its own start this stays below 2 s. */
const LONGEST_DELAY_MS = 1_000;
/** A process that has lived this long is begun anew at once when it ends. */
const STEADY_MS = 10_000;
const STOP_LIMIT_MS = 5_000;

export interface SupervisedDns {
  /** Ends the DNS server in good order. */
  stop(): Promise<void>;
}

/**
 * Runs the DNS server in a process of its own: no control work delays an answer, and a crash of this process does not
 * silence it. One that outlived an earlier `serve` is taken over from without a gap (control.ts).
 */
export function superviseDns(config: Config, log: Logger): SupervisedDns {
  const stopping = new AbortController();
  const supervised = keepRunning(config, log, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await supervised;
    },
  };
}

async function keepRunning(config: Config, log: Logger, signal: AbortSignal): Promise<void> {
  for (let wait = FIRST_DELAY_MS; !signal.aborted; ) {
    const startedAt = performance.now();
    const child = start(config);
    const end = () => endChild(child);
    signal.addEventListener('abort', end, { once: true });
    const [code, killedBy] = await once(child, 'exit');
    signal.removeEventListener('abort', end);
    if (signal.aborted) return;
    if (performance.now() - startedAt > STEADY_MS) wait = FIRST_DELAY_MS;
    log.error({ code, signal: killedBy, retryInMilliseconds: wait }, 'dns server ended unexpectedly');
    await delay(wait, undefined, { signal }).catch(() => undefined);
    wait = Math.min(wait * 2, LONGEST_DELAY_MS);
  }
}

/** Its own process group, so that neither Ctrl-C nor our end reaches it; only our word does. */
function start(config: Config): ChildProcess {
  return spawn(process.execPath, [MAIN, JSON.stringify(config)], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function endChild(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS).unref();
}
