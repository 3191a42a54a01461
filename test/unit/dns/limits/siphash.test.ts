import { describe, expect, it } from 'vitest';
import { halfSipHash13 } from '../../../../src/planes/dns/limits/half-siphash.ts';
import { sipHash24, sipKey } from '../../../../src/planes/dns/limits/siphash.ts';

/** The octets 0, 1, 2 and so on: key and messages of the reference vectors. */
const counting = (length: number) => Uint8Array.from({ length }, (_, index) => index);

const digestOf = (message: Uint8Array) => {
  const digest = Buffer.alloc(8);
  sipHash24(sipKey(counting(16)), message, digest);
  return digest.toString('hex');
};

/** Digests of the messages of 0 to 63 octets, from the reference implementation (and from OpenSSL's SIPHASH). */
const VECTORS = [
  '310e0edd47db6f72 fd67dc93c539f874 5a4fa9d909806c0d 2d7efbd796666785 b7877127e09427cf 8da699cd64557618',
  'cee3fe586e46c9cb 37d1018bf50002ab 6224939a79f5f593 b0e4a90bdf82009e f3b9dd94c5bb5d7a a7ad6b22462fb3f4',
  'fbe50e86bc8f1e75 903d84c02756ea14 eef27a8e90ca23f7 e545be4961ca29a1 db9bc2577fcc2a3f 9447be2cf5e99a69',
  '9cd38d96f0b3c14b bd6179a71dc96dbb 98eea21af25cd6be c7673b2eb0cbf2d0 883ea3e395675393 c8ce5ccd8c030ca8',
  '94af49f6c650adb8 eab8858ade92e1bc f315bb5bb835d817 adcf6b0763612e2f a5c91da7acaa4dde 716595876650a2a6',
  '28ef495c53a387ad 42c341d8fa92d832 ce7cf2722f512771 e37859f94623f3a7 381205bb1ab0e012 ae97a10fd434e015',
  'b4a31508beff4d31 81396229f0907902 4d0cf49ee5d4dcca 5c73336a76d8bf9a d0a704536ba93e0e 925958fcd6420cad',
  'a915c29bc8067318 952b79f3bc0aa6d4 f21df2e41d4535f9 87577519048f53a9 10a56cf5dfcd9adb eb75095ccd986cd0',
  '51a9cb9ecba312e6 96afadfc2ce666c7 72fe52975a4364ee 5a1645b276d592a1 b274cb8ebf87870a 6f9bb4203de7b381',
  'eaecb2a30b22a87f 9924a43cc1315724 bd838d3aafbf8db7 0b1a2a3265d51aea 135079a3231ce660 932b2846e4d70666',
  'e1915f5cb1eca46c f325965ca16d629f 575ff28e60381be5 724506eb4c328a95',
].flatMap((line) => line.split(' '));

describe('SipHash-2-4', () => {
  it('gives the digest of the paper', () => {
    // 0xa129ca6149be45e5, written with its lowest octet first.
    expect(digestOf(counting(15))).toBe('e545be4961ca29a1');
  });

  it('gives the 64 digests of the reference implementation', () => {
    expect(VECTORS).toHaveLength(64);
    expect(VECTORS.map((_, length) => digestOf(counting(length)))).toEqual(VECTORS);
  });

  it('keeps nothing from one call to the next', () => {
    const first = digestOf(counting(20));
    digestOf(counting(32));
    expect(digestOf(counting(20))).toBe(first);
  });

  it('needs a key of 16 octets', () => {
    expect(() => sipKey(counting(15))).toThrow('a SipHash key has 16 octets, not 15');
  });
});

interface Rounds {
  readonly perWord: number;
  readonly atEnd: number;
}

/** HalfSipHash with a digest of 4 octets, written plainly, as its specification reads. */
function referenceHalfSipHash(key: Uint8Array, message: Uint8Array, { perWord, atEnd }: Rounds): number {
  const view = (octets: Uint8Array) => new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const k0 = view(key).getUint32(0, true);
  const k1 = view(key).getUint32(4, true);
  const state: [number, number, number, number] = [k0, k1, 0x6c796765 ^ k0, 0x74656462 ^ k1];
  const turn = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));
  const round = () => {
    let [v0, v1, v2, v3] = state;
    v0 = (v0 + v1) | 0;
    v1 = turn(v1, 5) ^ v0;
    v0 = turn(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = turn(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = turn(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = turn(v1, 13) ^ v2;
    v2 = turn(v2, 16);
    state.splice(0, 4, v0, v1, v2, v3);
  };
  const padded = new Uint8Array((message.length & ~3) + 4);
  padded.set(message);
  padded[padded.length - 1] = message.length;
  for (let at = 0; at < padded.length; at += 4) {
    const word = view(padded).getUint32(at, true);
    state[3] ^= word;
    for (let count = 0; count < perWord; count += 1) round();
    state[0] ^= word;
  }
  state[2] ^= 0xff;
  for (let count = 0; count < atEnd; count += 1) round();
  return state[1] ^ state[3];
}

describe('HalfSipHash-1-3 of three words', () => {
  it.each([
    [0, 0x5b9f35a9],
    [1, 0xb85a4727],
    [2, 0x03a662fa],
  ])('is held against a reference that gives the published HalfSipHash-2-4 digest of %i octets', (length, digest) => {
    const found = referenceHalfSipHash(counting(8), counting(length), { perWord: 2, atEnd: 4 });
    expect(found >>> 0).toBe(digest);
  });

  it('is what the reference gives for the same 12 octets', () => {
    const words = new Int32Array(3);
    const seed = new Int32Array(2);
    for (let turn = 0; turn < 500; turn += 1) {
      crypto.getRandomValues(words);
      crypto.getRandomValues(seed);
      const [low = 0, high = 0] = seed;
      const [first = 0, second = 0, third = 0] = words;
      const expected = referenceHalfSipHash(new Uint8Array(seed.buffer), new Uint8Array(words.buffer), {
        perWord: 1,
        atEnd: 3,
      });
      expect(halfSipHash13([low, high])(first, second, third)).toBe(expected);
    }
  });
});
