import type { Draw } from '../zone/types.ts';

/** A number from 0 up to 1, without 1, as Math.random gives. */
export type Random = () => number;

/**
 * Of the first n draws each choice gets its exact part of n, within 1; so any window of draws is within 2. Where it
 * begins is random, so that many servers, hostnames and types do not march in step. Shares are whole and above 0.
 */
export function stratifiedDraw(shares: readonly number[], random: Random): Draw {
  return shares.length === 2 ? new DrawOfTwo(shares, random) : new DrawOfMany(shares, random);
}

/**
 * The first choice is due each time the sum of its shares passes a multiple of the total. With a random remainder to
 * begin with, every single draw has exactly the right chance.
 */
class DrawOfTwo implements Draw {
  readonly #first: number;
  readonly #total: number;
  #remainder: number;

  constructor(shares: readonly number[], random: Random) {
    this.#first = shares[0] ?? 0;
    this.#total = sum(shares);
    this.#remainder = Math.floor(random() * this.#total);
  }

  next(): number {
    const reached = this.#remainder + this.#first;
    const isDue = reached >= this.#total;
    this.#remainder = isDue ? reached - this.#total : reached;
    return isDue ? 0 : 1;
  }

  candidates(): readonly number[] {
    return [0, 1];
  }

  scopeBits(): number {
    return 0;
  }
}

/**
 * Pfair scheduling (Baruah and others, 1996): the k-th draw of a choice with part p may not come before p * n exceeds
 * k - 1 and not after k / p; of those that may come, the one with the earliest deadline does. A first draw by chance
 * always leaves the rest possible. After `total` draws all counts are exact and a new round begins.
 */
class DrawOfMany implements Draw {
  readonly #shares: readonly number[];
  readonly #random: Random;
  readonly #total: number;
  #counts: number[];
  #drawn = 0;

  constructor(shares: readonly number[], random: Random) {
    this.#shares = shares;
    this.#random = random;
    this.#total = sum(shares);
    this.#counts = shares.map(() => 0);
  }

  next(): number {
    const chosen = this.#choose();
    this.#counts[chosen] = (this.#counts[chosen] ?? 0) + 1;
    this.#drawn += 1;
    if (this.#drawn === this.#total) {
      this.#drawn = 0;
      this.#counts = this.#shares.map(() => 0);
    }
    return chosen;
  }

  candidates(): readonly number[] {
    return this.#shares.map((_, index) => index);
  }

  scopeBits(): number {
    return 0;
  }

  #choose(): number {
    if (this.#drawn === 0) return drawByChance(this.#shares, this.#random() * this.#total);
    return earliestDeadline(this.#shares, this.#counts, this.#drawn + 1);
  }
}

function drawByChance(shares: readonly number[], point: number): number {
  let end = 0;
  const found = shares.findIndex((share) => {
    end += share;
    return point < end;
  });
  return Math.max(0, found);
}

function earliestDeadline(shares: readonly number[], counts: readonly number[], turn: number): number {
  const total = sum(shares);
  let chosen = 0;
  let earliest = Number.POSITIVE_INFINITY;
  shares.forEach((share, index) => {
    const count = counts[index] ?? 0;
    const mayCome = count * total < turn * share;
    const deadline = Math.ceil(((count + 1) * total) / share);
    if (!mayCome || deadline >= earliest) return;
    chosen = index;
    earliest = deadline;
  });
  return chosen;
}

function sum(shares: readonly number[]): number {
  return shares.reduce((left, right) => left + right, 0);
}
