import { setTimeout as delay } from 'node:timers/promises';
import type { TestSluice } from './sluice.ts';

const ASK_EVERY_MS = 20;

interface Expected {
  readonly host: string;
  /** No answer may have any other. */
  readonly addresses: readonly string[];
}

/** Asks for a hostname all the time while `body` runs, and throws when one answer is none. Returns how many there were. */
export async function answering(sluice: TestSluice, expected: Expected, body: () => Promise<void>): Promise<number> {
  const ending = new AbortController();
  const asking = askUntil(sluice, expected, ending.signal);
  await Promise.all([body().finally(() => ending.abort()), asking]);
  return await asking;
}

async function askUntil(sluice: TestSluice, { host, addresses }: Expected, signal: AbortSignal): Promise<number> {
  let asked = 0;
  while (!signal.aborted) {
    const { rcode, values } = await sluice.dig.ask(host);
    asked += 1;
    const isGood = rcode === 0 && values.length > 0 && values.every((one) => addresses.includes(one));
    if (!isGood) throw new Error(`answer ${asked} for ${host}: rcode ${rcode}, ${values.join() || 'no address'}`);
    await delay(ASK_EVERY_MS);
  }
  return asked;
}
