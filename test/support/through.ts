import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { until } from './until.ts';

export interface ThroughOptions {
  readonly address: string;
  readonly port: number;
  readonly host: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const AT_ONCE = 16;

/** How many of `count` requests through a gateway had each body, such as `{ 'v1 east': 1800, 'v2 east': 200 }`. */
export async function countThrough(options: ThroughOptions, count: number): Promise<Readonly<Record<string, number>>> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const seen: Record<string, number> = {};
  let left = count;
  const askInTurn = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const body = await bodyThrough(options, agent);
      seen[body] = (seen[body] ?? 0) + 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, askInTurn));
  } finally {
    agent.destroy();
  }
  return seen;
}

/**
 * Waits until one body answers each of `count` requests through a gateway. A controller says that it took a route
 * before each of its gateway's threads has it, so the first requests may still be answered by the backend before.
 */
export async function untilAllThrough(options: ThroughOptions, count: number, body: string): Promise<void> {
  await until(
    async () => {
      expect(await countThrough(options, count)).toEqual({ [body]: count });
      return true;
    },
    { what: `${body} answers all requests for ${options.host}`, timeoutMs: 5_000 },
  );
}

/** What one request through a gateway is answered, without white space at its ends. */
function bodyThrough({ address, port, host, headers }: ThroughOptions, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: address, port, headers: { ...headers, host }, agent, timeout: 10_000 };
    const asked = request(options, (response) => {
      text(response).then((body) => resolve(body.trim()), reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer from ${address}:${port} within 10 s`)));
    asked.on('error', reject).end();
  });
}

/** By how many standard deviations a count is away from what a share of all draws would give: within 4 for 99.99 %. */
export function sigmas(found: number, { of, share }: { readonly of: number; readonly share: number }): number {
  const deviation = Math.sqrt(of * share * (1 - share));
  const distance = Math.abs(found - of * share);
  return deviation === 0 ? (distance === 0 ? 0 : Infinity) : distance / deviation;
}
