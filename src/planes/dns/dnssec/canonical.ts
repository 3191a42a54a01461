import { TYPE } from '../wire/constants.ts';

/** Wire form of the asterisk label (RFC 4592 section 2.1.1). */
const WILDCARD = 0x012a;

/** Types of RFC 4034 section 6.2 that Sluice otherwise has no use for, but that a zone file may hold. */
const OTHER = { MINFO: 14, RP: 17, AFSDB: 18, RT: 21, NAPTR: 35, KX: 36, DNAME: 39 } as const;

/** Octets of the data before and behind its names. */
interface NamesInData {
  readonly before: number;
  readonly behind: number;
}

const ONLY_NAMES: NamesInData = { before: 0, behind: 0 };

/**
 * Where data has names that are signed in lower case: RFC 4034 section 6.2, less NSEC (RFC 6840 section 5.1). Later types
 * such as SVCB are signed as they are (RFC 3597 section 7).
 */
const NAMES_IN_DATA: ReadonlyMap<number, NamesInData> = new Map([
  [TYPE.NS, ONLY_NAMES],
  [TYPE.CNAME, ONLY_NAMES],
  [TYPE.SOA, { before: 0, behind: 20 }],
  [TYPE.PTR, ONLY_NAMES],
  [OTHER.MINFO, ONLY_NAMES],
  [TYPE.MX, { before: 2, behind: 0 }],
  [OTHER.RP, ONLY_NAMES],
  [OTHER.AFSDB, { before: 2, behind: 0 }],
  [OTHER.RT, { before: 2, behind: 0 }],
  [TYPE.SRV, { before: 6, behind: 0 }],
  [OTHER.KX, { before: 2, behind: 0 }],
  [OTHER.DNAME, ONLY_NAMES],
]);

/** A name as it is signed: ASCII letters in lower case. Length octets are below 64 and so never look like letters. */
export function canonicalName(wire: Buffer): Buffer {
  return fold(wire, 0, wire.length);
}

/** The data of a set as it is signed: lower case where that counts, in order, each once (RFC 4034 sections 6.2, 6.3). */
export function canonicalSet(type: number, data: readonly Buffer[]): readonly Buffer[] {
  const sorted = data.map((value) => canonicalData(type, value)).sort((left, right) => left.compare(right));
  return sorted.filter((value, index) => index === 0 || sorted[index - 1]?.equals(value) !== true);
}

/** Labels of an owner, less the root and a wildcard (RFC 4034 section 3.1.3). */
export function signedLabels(owner: Buffer): number {
  const wildcard = owner.length > 2 && owner.readUInt16BE(0) === WILDCARD;
  return labelStarts(owner).length - (wildcard ? 1 : 0);
}

/** Where each label of a name begins, at its length octet; the root is none. */
export function labelStarts(wire: Buffer): readonly number[] {
  const starts: number[] = [];
  for (let at = 0; (wire[at] ?? 0) !== 0; at += 1 + (wire[at] ?? 0)) starts.push(at);
  return starts;
}

function canonicalData(type: number, data: Buffer): Buffer {
  if (type === OTHER.NAPTR) return fold(data, endOfNaptrStrings(data), data.length);
  const names = NAMES_IN_DATA.get(type);
  return names === undefined ? data : fold(data, names.before, data.length - names.behind);
}

/** Order and preference, then flags, services and regexp: three character-strings (RFC 3403 section 4.1). */
function endOfNaptrStrings(data: Buffer): number {
  let at = 4;
  for (let count = 0; count < 3; count += 1) at += 1 + (data[at] ?? 0);
  return at;
}

/** The same buffer when there is nothing to fold. */
function fold(octets: Buffer, start: number, end: number): Buffer {
  if (!octets.subarray(start, end).some(isUpperCase)) return octets;
  return Buffer.from(octets.map((octet, at) => (at >= start && at < end && isUpperCase(octet) ? octet | 0x20 : octet)));
}

function isUpperCase(octet: number): boolean {
  return octet >= 0x41 && octet <= 0x5a;
}
