/**
 * Durations as Kubernetes writes them (Gateway API, GEP-2257): one to four numbers with a unit, such as `1m30s`.
 * Inside Sluice a duration is a whole number of seconds.
 */

/** RE2-safe, so that a JSON Schema or an API server can hold it too. */
export const DURATION_PATTERN = /^([0-9]{1,5}(h|m|s|ms)){1,4}$/;

const MILLISECONDS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Seconds in a duration such as `1h30m`; undefined when it is no duration, or not a whole number of seconds. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9]+)(h|ms|m|s)/g)) {
    milliseconds += Number(amount) * (MILLISECONDS[unit ?? ''] ?? 0);
  }
  return milliseconds % 1_000 === 0 ? milliseconds / 1_000 : undefined;
}

/** `formatSeconds(90)` is `1m30s`, `formatSeconds(0)` is `0s`. Fractions of a second are rounded. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 3_600), 'h'],
    [Math.floor((whole % 3_600) / 60), 'm'],
    [whole % 60, 's'],
  ] as const;
  const text = parts.map(([amount, unit]) => (amount > 0 ? `${amount}${unit}` : '')).join('');
  return text === '' ? '0s' : text;
}
