import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Address } from '../../src/lib/address.ts';

/**
 * Where nobody listens, for a program that is told its port. On a loopback address of its own: on 127.0.0.1 any client's
 * socket may get the port before the program does, or while it starts anew.
 */
export async function freeAddress(): Promise<Address> {
  const host = `127.${randomInt(64, 128)}.${randomInt(256)}.${randomInt(1, 255)}`;
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { host, port: address.port };
}
