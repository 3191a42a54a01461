import { DnsControl, type DnsOptions } from './control.ts';
import { endOnSignals } from './end-on-signals.ts';

/**
 * Runs the DNS server until it is told to end. Throws when it cannot start, with the reason.
 */
export async function runDns(options: DnsOptions): Promise<void> {
  const control = await DnsControl.open(options);
  const starting = control.start();
  const ending = endOnSignals({
    supervised: options.supervised,
    end: async () => {
      // A start that fails says so itself.
      await starting.catch(() => undefined);
      await control.stop();
    },
  });
  try {
    await starting;
  } catch (error) {
    ending.forget();
    await control.stop();
    throw error;
  }
  await ending.stopped;
}
