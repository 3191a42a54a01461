export interface Ending {
  /** Settles when everything has ended. */
  readonly stopped: Promise<void>;
  /** Leaves the signals to others: the start has failed. */
  forget(): void;
}

/**
 * Ends once, when SIGTERM comes, and when nobody supervises this process also at Ctrl-C or a closed terminal. From the
 * first moment, so that no signal meets a process without manners.
 */
export function endOnSignals({
  supervised,
  end,
}: {
  readonly supervised: boolean;
  readonly end: () => Promise<void>;
}): Ending {
  const done = Promise.withResolvers<void>();
  let begun = false;
  const onTerminate = () => {
    if (begun) return;
    begun = true;
    end().then(forget).then(done.resolve, done.reject);
  };
  const onOther = supervised ? () => undefined : onTerminate;
  const forget = () => {
    process.off('SIGTERM', onTerminate);
    for (const name of ['SIGINT', 'SIGHUP']) process.off(name, onOther);
  };
  // Whoever waits for `stopped` hears of a failure; nobody does when the start has failed.
  done.promise.catch(() => undefined);
  process.on('SIGTERM', onTerminate);
  for (const name of ['SIGINT', 'SIGHUP']) process.on(name, onOther);
  return { stopped: done.promise, forget };
}
