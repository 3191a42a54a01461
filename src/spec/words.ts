/** The words of a SpecIssue: what was found, and which allowed name was probably meant. */

const SHOWN_CHARACTERS = 80;

/** `found "10 minutes"; allowed: a duration such as "30s"`, or `missing; write a duration such as "30s"`. */
export function foundAndAllowed(value: unknown, allowed: string): string {
  return value === undefined ? `missing; write ${allowed}` : `found ${showValue(value)}; allowed: ${allowed}`;
}

/** A value as a person would name it, never longer than a line. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return showObject(value);
  return String(value);
}

/** `a`, `a and b`, `a, b and c` */
export function joinAnd(words: readonly string[]): string {
  return joinWith(words, 'and');
}

/** `a`, `a or b`, `a, b or c` */
export function joinOr(words: readonly string[]): string {
  return joinWith(words, 'or');
}

/** The allowed name that differs from `word` by few letters; undefined when none is near. */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  // Two changes are one swap of neighbours (`wets`); in three letters they would leave nothing in common.
  const limit = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  const ranked = allowed
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

function showObject(value: object): string {
  const keys = Object.keys(value);
  return keys.length === 0 ? 'an empty object' : `an object with ${shorten(joinAnd(keys))}`;
}

/** Cuts what would fill a screen: documents may hold anything. */
export function shorten(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}...`;
}

function joinWith(words: readonly string[], conjunction: string): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

/** Levenshtein distance, one row at a time. Long words are cut: they are nowhere near a field name. */
function editDistance(left: string, right: string): number {
  const [a, b] = [left.slice(0, SHOWN_CHARACTERS), right.slice(0, SHOWN_CHARACTERS)];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
