/** As many of the last ones as stay below so many characters of JSON, and at least the last. */
export function newestOf<T>(all: readonly T[], characters: number): readonly T[] {
  let left = characters;
  const first = all.findLastIndex((one) => (left -= JSON.stringify(one).length) < 0);
  return all.slice(Math.min(first + 1, all.length - 1));
}
