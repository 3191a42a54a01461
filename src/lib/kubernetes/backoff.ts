const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
/** A server that asks for more is asked again all the same. */
const LONGEST_ASKED_SECONDS = 300;

/**
 * How long to wait before the next attempt, in milliseconds. Doubles up to 30 s, of which a random half is left out so
 * that many clients do not come back at the same moment; never shorter than the server asked for, up to five minutes.
 */
export function backoffMs(failures: number, random: number, retryAfterSeconds = 0): number {
  const longest = Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
  const jittered = longest * (0.5 + random / 2);
  return Math.min(Math.max(retryAfterSeconds, 0), LONGEST_ASKED_SECONDS) * 1000 + jittered;
}
