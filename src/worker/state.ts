import { join } from 'node:path';
import type { Config } from './config.ts';

/** Where the processes of one installation on one machine keep what they know. */

/** The GlobalIngress store. */
export function storeDirectory({ stateDirectory }: Pick<Config, 'stateDirectory'>): string {
  return join(stateDirectory, 'globalingresses');
}

/** The DNS server's last-good copy and its process file. */
export function dnsDirectory({ stateDirectory }: Pick<Config, 'stateDirectory'>): string {
  return join(stateDirectory, 'dns');
}

/** Answers to certificate authorities, by hostname. */
export function challengeDirectory({ stateDirectory }: Pick<Config, 'stateDirectory'>): string {
  return join(stateDirectory, 'challenges');
}
