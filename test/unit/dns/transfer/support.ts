import { execFile } from 'node:child_process';
import { type TsigKey, tsigKey } from '../../../../src/planes/dns/transfer/keys.ts';
import { type ZoneVersion, zoneVersion } from '../../../../src/planes/dns/transfer/zone-version.ts';
import type { FlatRecord } from '../../../../src/planes/dns/wire/flat-record.ts';
import { nameOctets, TYPE } from '../../../support/dns-wire.ts';

export const ZONE = 'example.test';
export const SECRET = Buffer.from('a secret of thirty-two octets!!!');
export const KEY: TsigKey = tsigKey('transfer.example.test', 'hmac-sha256', SECRET);

/** An A record. */
export function address(owner: string, text: string, ttlSeconds = 60): FlatRecord {
  return { owner: nameOctets(owner), type: TYPE.A, ttlSeconds, data: Buffer.from(text.split('.').map(Number)) };
}

export function soa(serial: number, zone = ZONE): FlatRecord {
  const numbers = Buffer.alloc(20);
  // 86,400 is what NSD and Knot take as a sensible expiry.
  [serial, 3_600, 600, 86_400, 5].forEach((value, index) => numbers.writeUInt32BE(value, index * 4));
  const data = Buffer.concat([nameOctets(`ns1.${zone}`), nameOctets(`hostmaster.${zone}`), numbers]);
  return { owner: nameOctets(zone), type: TYPE.SOA, ttlSeconds: 5, data };
}

/** A zone with its name server and these records. */
export function aVersion(serial: number, records: readonly FlatRecord[] = []): ZoneVersion {
  const apex = [
    { owner: nameOctets(ZONE), type: TYPE.NS, ttlSeconds: 60, data: nameOctets(`ns1.${ZONE}`) },
    address(`ns1.${ZONE}`, '127.0.0.1'),
  ];
  return zoneVersion(
    soa(serial),
    new Map([
      ['', apex],
      ['hosts', records],
    ]),
  );
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

const RUN_DEADLINE_MS = 10_000;

/** Runs a program to its end, whatever its exit code. */
export function run(program: string, args: readonly string[]): Promise<Output> {
  return new Promise((done) => {
    execFile(program, args, { timeout: RUN_DEADLINE_MS }, (_error, stdout, stderr) => done({ stdout, stderr }));
  });
}
