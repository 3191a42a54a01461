import { MAX_LABEL, MAX_NAME, TYPE } from '../wire/constants.ts';
import { canonicalName } from './canonical.ts';

/** What an NSEC record at the denied name says (RFC 9824). */
export type Denial =
  /** The name does not exist: section 3.1. The answer's code is still NOERROR, unless the client sent CO. */
  | { readonly kind: 'noName' }
  /** The name exists, not the type: section 3.2. An empty non-terminal has no types. */
  | { readonly kind: 'noType'; readonly types: Iterable<number> }
  /** A referral to a zone without DS, at the name of the cut: section 3.4. */
  | { readonly kind: 'insecureDelegation' };

export interface DenialPlace {
  /** Wire form of the name that is denied, which is also the owner of the NSEC record. */
  readonly owner: Buffer;
  /** Wire form of the zone's name. */
  readonly apex: Buffer;
}

/** RDATA of the one NSEC record that denies. */
export function denialData({ owner, apex }: DenialPlace, denial: Denial): Buffer {
  switch (denial.kind) {
    case 'noName':
      return nsecData({ next: nextName(owner, apex), types: [TYPE.RRSIG, TYPE.NSEC, TYPE.NXNAME] });
    case 'noType':
      return nsecData({ next: nextName(owner, apex), types: [...denial.types, TYPE.RRSIG, TYPE.NSEC] });
    case 'insecureDelegation':
      return nsecData({ next: nextBeside(owner, apex), types: [TYPE.NS, TYPE.RRSIG, TYPE.NSEC] });
    default:
      return denial satisfies never;
  }
}

export interface NsecFields {
  /** Wire form. */
  readonly next: Buffer;
  readonly types: Iterable<number>;
}

/** RDATA of an NSEC record (RFC 4034 section 4.1). */
export function nsecData({ next, types }: NsecFields): Buffer {
  return Buffer.concat([next, typeBitmap(types)]);
}

/**
 * The name right behind a name, in canonical order: its child `\000` (RFC 9824 section 3.1). A name too long to have a
 * child is followed by one beside it. In lower case, so that nobody has to ask whether NSEC data is folded.
 */
export function nextName(owner: Buffer, apex: Buffer): Buffer {
  if (owner.length + 2 > MAX_NAME) return nextBeside(owner, apex);
  return Buffer.concat([Buffer.of(1, 0), canonicalName(owner)]);
}

/**
 * The name right behind a name and all below it, as RFC 4471 section 3.1.2 derives it: one zero octet more in the first
 * label, or where there is no room its last octet raised by one, or where that cannot be the same one label up. Behind
 * the last name of a zone comes the apex (RFC 4034 section 4.1.1).
 */
function nextBeside(owner: Buffer, apex: Buffer): Buffer {
  let name = canonicalName(owner);
  while (name.length > apex.length) {
    const size = name.readUInt8(0);
    const label = name.subarray(1, 1 + size);
    const parent = name.subarray(1 + size);
    const roomy = size < MAX_LABEL && name.length < MAX_NAME;
    const next = roomy ? Buffer.concat([label, Buffer.of(0)]) : raised(label);
    if (next !== undefined) return Buffer.concat([Buffer.of(next.length), next, parent]);
    name = parent;
  }
  return name;
}

/** The next label of at most this length; undefined when all its octets are the highest. */
function raised(label: Buffer): Buffer | undefined {
  const last = label.findLastIndex((octet) => octet !== 0xff);
  if (last === -1) return undefined;
  const next = Buffer.from(label.subarray(0, last + 1));
  const octet = label.readUInt8(last) + 1;
  // Capital letters sort as small ones: behind "@" comes "[".
  next.writeUInt8(octet === 0x41 ? 0x5b : octet, last);
  return next;
}

/** Type bit maps: a window for each 256 types of which one is there, cut behind its last one (RFC 4034 section 4.1.2). */
function typeBitmap(types: Iterable<number>): Buffer {
  const windows = new Map<number, number[]>();
  for (const type of [...types].sort((left, right) => left - right)) {
    const window = windows.get(type >> 8) ?? [];
    windows.set(type >> 8, [...window, type & 0xff]);
  }
  return Buffer.concat([...windows].map(([window, low]) => windowBlock(window, low)));
}

function windowBlock(window: number, sorted: readonly number[]): Buffer {
  const size = ((sorted.at(-1) ?? 0) >> 3) + 1;
  const block = Buffer.alloc(2 + size);
  block.writeUInt8(window, 0);
  block.writeUInt8(size, 1);
  for (const type of sorted) block.writeUInt8(block.readUInt8(2 + (type >> 3)) | (0x80 >> (type & 7)), 2 + (type >> 3));
  return block;
}
