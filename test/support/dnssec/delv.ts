import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Address } from '../../../src/lib/address.ts';
import { dsData } from '../../../src/planes/dns/dnssec/ds.ts';
import type { SigningKey } from '../../../src/planes/dns/dnssec/signing-key.ts';

const DEADLINE_MS = 20_000;

/** BIND's validating client: asks one server and trusts one key. */
export class Delv {
  readonly #anchor: readonly string[];
  readonly #at: readonly string[];

  constructor({ directory, address, key }: { directory: string; address: Address; key: SigningKey }) {
    const file = join(directory, 'delv.anchor');
    const digest = dsData(key).toString('hex', 4);
    writeFileSync(file, `trust-anchors { "${key.zone}." static-ds ${key.keyTag} 13 2 "${digest}"; };\n`);
    this.#anchor = ['-a', file, `+root=${key.zone}`];
    this.#at = [`@${address.host}`, '-p', String(address.port)];
  }

  /** All that it prints, complaints included. */
  async ask(name: string, type: string, ...flags: readonly string[]): Promise<string> {
    const child = spawn('delv', [...this.#at, ...this.#anchor, ...flags, name, type], {
      timeout: DEADLINE_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return (await Promise.all([text(child.stdout), text(child.stderr)])).join('');
  }
}
