/** A number from 0 up to 1, without 1, as Math.random gives. */
export type Random = () => number;

/** Draws the index of the next choice. */
export type NextIndex = () => number;

/**
 * Of the first n draws each choice gets its exact part of n, within 1; so any window of draws is within 2. Where it
 * begins is random, so that many servers, hostnames and types do not march in step. Shares are whole and above 0.
 */
export function stratifiedDraw(shares: readonly number[], random: Random): NextIndex {
  if (shares.length === 1) return () => 0;
  if (shares.length === 2) return drawOfTwo(shares, random);
  return drawOfMany(shares, random);
}

/**
 * The first choice is due each time the sum of its shares passes a multiple of the total. With a random remainder to
 * begin with, every single draw has exactly the right chance.
 */
function drawOfTwo(shares: readonly number[], random: Random): NextIndex {
  const [first = 0] = shares;
  const total = sum(shares);
  let remainder = Math.floor(random() * total);
  return () => {
    remainder += first;
    if (remainder < total) return 1;
    remainder -= total;
    return 0;
  };
}

/**
 * Pfair scheduling (Baruah and others, 1996): the k-th draw of a choice with part p may not come before p * n exceeds
 * k - 1 and not after k / p; of those that may come, the one with the earliest deadline does. A first draw by chance
 * always leaves the rest possible. After `total` draws all counts are exact and a new round begins.
 */
function drawOfMany(shares: readonly number[], random: Random): NextIndex {
  const total = sum(shares);
  let counts = shares.map(() => 0);
  let drawn = 0;
  return () => {
    const chosen = drawn === 0 ? drawByChance(shares, random() * total) : earliestDeadline(shares, counts, drawn + 1);
    counts[chosen] = (counts[chosen] ?? 0) + 1;
    drawn += 1;
    if (drawn === total) {
      drawn = 0;
      counts = shares.map(() => 0);
    }
    return chosen;
  };
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
