import { type KeyTiming, parseTiming, timingLines } from './key-timing.ts';
import {
  ALGORITHM,
  canonicalZone,
  KEY_FLAGS,
  KEY_PROTOCOL,
  type KeyParts,
  type SigningKey,
  scalarOf,
} from './signing-key.ts';

/** TTL written into the DNSKEY line, seconds. Sluice serves the set with its own. */
const DNSKEY_TTL_SECONDS = 3_600;
const ALGORITHM_NAME = 'ECDSAP256SHA256';

/** What a `.private` file says. */
export interface PrivateText {
  readonly scalar: KeyParts['scalar'];
  readonly timing: KeyTiming;
}

/** What a `.key` file says. */
export interface PublicText {
  readonly zone: string;
  readonly publicKey: Buffer;
}

/** Content of BIND's `K<zone>.+013+<tag>.private`, format v1.3. */
export function privateText(key: SigningKey, timing: KeyTiming): string {
  const lines = [
    'Private-key-format: v1.3',
    `Algorithm: ${ALGORITHM} (${ALGORITHM_NAME})`,
    `PrivateKey: ${scalarOf(key).toString('base64')}`,
    ...timingLines(timing),
  ];
  return `${lines.join('\n')}\n`;
}

/** Content of BIND's `K<zone>.+013+<tag>.key`. */
export function publicText(key: SigningKey, timing: KeyTiming): string {
  const lines = [
    `; This is a key-signing key, keyid ${key.keyTag}, for ${key.zone}.`,
    ...timingLines(timing).map((line) => `; ${line}`),
    `${key.zone}. ${DNSKEY_TTL_SECONDS} IN DNSKEY ${KEY_FLAGS} ${KEY_PROTOCOL} ${ALGORITHM} ${key.publicKey.toString('base64')}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Throws, without a word of the secret, when it is damaged or of another kind. */
export function parsePrivateText(text: string): PrivateText {
  const fields = new Map(text.split('\n').flatMap(field));
  const format = fields.get('Private-key-format') ?? '';
  if (!/^v1\.\d+$/.test(format)) throw new Error(`Private-key-format is "${format}": only v1.2 and v1.3 are known`);
  const algorithm = fields.get('Algorithm') ?? '';
  if (!/^13\b/.test(algorithm)) throw new Error(`Algorithm is "${algorithm}": only 13 (${ALGORITHM_NAME}) is used`);
  const scalar = decodeBase64(fields.get('PrivateKey') ?? '');
  if (scalar === undefined || scalar.length === 0 || scalar.length > 32) {
    throw new Error('PrivateKey is damaged: it must be base64 of at most 32 octets');
  }
  return { scalar, timing: parseTiming(fields) };
}

/** Throws when it is damaged or of another kind. */
export function parsePublicText(text: string): PublicText {
  const record = text
    .split('\n')
    .map((line) => line.replace(/;.*/, '').trim())
    .filter((line) => line !== '')
    .join(' ');
  const found = /^(\S+)\s+(?:\d+\s+)?(?:IN\s+)?(?:\d+\s+)?DNSKEY\s+(\d+)\s+(\d+)\s+(\d+)\s+(.+)$/i.exec(record);
  const [, zone = '', flags, protocol, algorithm, base64 = ''] = found ?? [];
  if (found === null) throw new Error('it has no DNSKEY record');
  const kind = `${flags} ${protocol} ${algorithm}`;
  if (kind !== `${KEY_FLAGS} ${KEY_PROTOCOL} ${ALGORITHM}`) {
    throw new Error(
      `its DNSKEY is "${kind}": Sluice signs a zone with one key, "${KEY_FLAGS} ${KEY_PROTOCOL} ${ALGORITHM}", ` +
        `as dnssec-keygen -a ${ALGORITHM_NAME} -f KSK makes it`,
    );
  }
  const publicKey = decodeBase64(base64.replaceAll(/[\s()]/g, ''));
  if (publicKey?.length !== 64) throw new Error('its public key is damaged: it must be base64 of 64 octets');
  return { zone: canonicalZone(zone), publicKey };
}

function field(line: string): readonly [string, string][] {
  const colon = line.indexOf(':');
  return colon === -1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
}

/** Node reads over anything that is not base64; this does not. */
function decodeBase64(text: string): Buffer | undefined {
  const whole = text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return whole ? Buffer.from(text, 'base64') : undefined;
}
