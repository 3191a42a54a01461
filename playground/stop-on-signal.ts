/** Several signals within this time are one: a terminal sends Ctrl-C to us and to npm, which may pass it on, milliseconds. */
const SAME_WISH_MS = 500;

/**
 * Runs `stop` at the first Ctrl-C (or SIGTERM, SIGHUP) and then ends this process with success; a second one ends it at once,
 * which kills what still runs.
 */
export function stopOnSignal(stop: () => Promise<void>): { readonly requested: boolean } {
  const state = { requested: false };
  let since = 0;
  const end = (): void => {
    const now = performance.now();
    if (state.requested) {
      if (now - since > SAME_WISH_MS) process.exit(130);
      return;
    }
    state.requested = true;
    since = now;
    stop()
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        process.stderr.write(`not everything was stopped: ${String(error)}\n`);
        process.exit(1);
      });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  return state;
}
