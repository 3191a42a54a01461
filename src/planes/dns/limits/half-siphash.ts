/** A function of three words that is picked by a secret seed. */
export type HashWords = (first: number, second: number, third: number) => number;

/**
 * HalfSipHash-1-3 over 12 octets, the keyed hash that Linux too takes for its tables. Who does not know the seed
 * cannot choose words that fall into one place; with plain multiplications that is possible for any seed.
 */
export function halfSipHash13(seed: readonly [number, number]): HashWords {
  const [low, high] = seed;
  return (first, second, third) => {
    let v0 = low | 0;
    let v1 = high | 0;
    let v2 = low ^ 0x6c796765;
    let v3 = high ^ 0x74656462;
    // One round for each word and for the length, then three that take in nothing.
    for (let step = 0; step < 7; step += 1) {
      const word = step === 0 ? first : step === 1 ? second : step === 2 ? third : step === 3 ? LENGTH : 0;
      if (step === 4) v2 ^= 0xff;
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = turn(v1, 5) ^ v0;
      v2 = (v2 + v3) | 0;
      v3 = turn(v3, 8) ^ v2;
      v0 = (turn(v0, 16) + v3) | 0;
      v3 = turn(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = turn(v1, 13) ^ v2;
      v2 = turn(v2, 16);
      v0 ^= word;
    }
    return v1 ^ v3;
  };
}

/** The last word: the number of octets in its highest one. */
const LENGTH = 12 << 24;

function turn(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
