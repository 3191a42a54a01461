/** A SipHash key: 16 octets as four words, the first octet lowest. */
export type SipKey = Int32Array;

export function sipKey(octets: Uint8Array): SipKey {
  if (octets.length !== 16) throw new RangeError(`a SipHash key has 16 octets, not ${octets.length}`);
  return Int32Array.from({ length: 4 }, (_, index) => wholeWord(octets, index * 4));
}

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) with a digest of 8 octets, as server cookies need it (RFC 9018 section
 * 4.4). Hashes the whole message and allocates nothing. V8 has no fast 64-bit integers, so each word is a low and a
 * high half, `l` and `h`; all of them are locals of one long function, for calls would spill them to memory.
 */
export function sipHash24(key: SipKey, message: Uint8Array, digest: Uint8Array): void {
  const [k0 = 0, k1 = 0, k2 = 0, k3 = 0] = key;
  let l0 = k0 ^ 0x70736575;
  let h0 = k1 ^ 0x736f6d65;
  let l1 = k2 ^ 0x6e646f6d;
  let h1 = k3 ^ 0x646f7261;
  let l2 = k0 ^ 0x6e657261;
  let h2 = k1 ^ 0x6c796765;
  let l3 = k2 ^ 0x79746573;
  let h3 = k3 ^ 0x74656462;
  const end = paddedLength(message);
  // Two rounds for each word, and four at the end: as two words of zeros would have, which change nothing else.
  for (let at = 0; at < end + 16; at += 8) {
    if (at === end) l2 ^= 0xff;
    const low = paddedWord(message, at);
    const high = paddedWord(message, at + 4);
    l3 ^= low;
    h3 ^= high;
    for (let round = 0; round < 2; round += 1) {
      let sum = (l0 + l1) | 0;
      h0 = (h0 + h1 + carry(sum, l1)) | 0;
      l0 = sum;
      let turned = (l1 << 13) | (h1 >>> 19);
      h1 = ((h1 << 13) | (l1 >>> 19)) ^ h0;
      l1 = turned ^ l0;
      sum = (l2 + l3) | 0;
      h2 = (h2 + h3 + carry(sum, l3)) | 0;
      l2 = sum;
      turned = (l3 << 16) | (h3 >>> 16);
      h3 = ((h3 << 16) | (l3 >>> 16)) ^ h2;
      l3 = turned ^ l2;
      // v0 was to be turned by 32 bits: from here its halves have changed places.
      sum = (h0 + l3) | 0;
      h0 = (l0 + h3 + carry(sum, l3)) | 0;
      l0 = sum;
      turned = (l3 << 21) | (h3 >>> 11);
      h3 = ((h3 << 21) | (l3 >>> 11)) ^ h0;
      l3 = turned ^ l0;
      sum = (l2 + l1) | 0;
      h2 = (h2 + h1 + carry(sum, l1)) | 0;
      turned = (l1 << 17) | (h1 >>> 15);
      h1 = ((h1 << 17) | (l1 >>> 15)) ^ h2;
      l1 = turned ^ sum;
      l2 = h2;
      h2 = sum;
    }
    l0 ^= low;
    h0 ^= high;
  }
  writeWord(digest, 0, l0 ^ l1 ^ l2 ^ l3);
  writeWord(digest, 4, h0 ^ h1 ^ h2 ^ h3);
}

/** What a sum of low halves adds to the high ones: unsigned, it overflowed when it is below what was added. */
function carry(sum: number, addend: number): number {
  return sum >>> 0 < addend >>> 0 ? 1 : 0;
}

/** Whole words of 8 octets, with at least one octet of padding, which holds the length. */
function paddedLength(message: Uint8Array): number {
  return (message.length & ~7) + 8;
}

/** Four octets of the message, little-endian. Behind it come zeros, and its length as the very last octet. */
function paddedWord(message: Uint8Array, at: number): number {
  if (at + 4 <= message.length) return wholeWord(message, at);
  let word = at + 4 === paddedLength(message) ? message.length << 24 : 0;
  for (let index = at; index < message.length; index += 1) word |= (message[index] ?? 0) << ((index - at) * 8);
  return word;
}

function wholeWord(octets: Uint8Array, at: number): number {
  return (
    (octets[at] ?? 0) | ((octets[at + 1] ?? 0) << 8) | ((octets[at + 2] ?? 0) << 16) | ((octets[at + 3] ?? 0) << 24)
  );
}

function writeWord(octets: Uint8Array, at: number, word: number): void {
  octets[at] = word;
  octets[at + 1] = word >>> 8;
  octets[at + 2] = word >>> 16;
  octets[at + 3] = word >>> 24;
}
