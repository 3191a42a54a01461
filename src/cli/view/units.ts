const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `10%`, `33.33%`: basis points as people say them. */
export function formatShare(basisPoints: number): string {
  return `${basisPoints / 100}%`;
}

/** How long ago something was, as coarse as kubectl's AGE: `45s`, `3m20s`, `12m`, `5h`, `9d`. */
export function formatAge(since: string, now: Date): string {
  const seconds = Math.max(0, secondsBetween(new Date(since), now));
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  if (seconds < 10 * MINUTE) return twoUnits(seconds, [MINUTE, 'm'], [1, 's']);
  if (seconds < 3 * HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < 8 * HOUR) return twoUnits(seconds, [HOUR, 'h'], [MINUTE, 'm']);
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)}h`;
  if (seconds < 8 * DAY) return twoUnits(seconds, [DAY, 'd'], [HOUR, 'h']);
  return `${Math.floor(seconds / DAY)}d`;
}

/** Whole seconds until `until`, rounded up: what is left is 0 only when it is over. */
export function secondsLeft(until: string, now: Date): number {
  return Math.max(0, Math.ceil((new Date(until).getTime() - now.getTime()) / 1000));
}

/** `14:05:09Z`, and the date too when it is another day: UTC, as in all messages. */
export function formatMoment(at: string, now: Date): string {
  const [date, clock = ''] = new Date(at).toISOString().split('T');
  const time = `${clock.slice(0, 'hh:mm:ss'.length)}Z`;
  return date === now.toISOString().slice(0, 'yyyy-mm-dd'.length) ? time : `${date} ${time}`;
}

function secondsBetween(from: Date, to: Date): number {
  return Math.floor((to.getTime() - from.getTime()) / 1000);
}

type Unit = readonly [seconds: number, suffix: string];

function twoUnits(seconds: number, [big, bigSuffix]: Unit, [small, smallSuffix]: Unit): string {
  const rest = Math.floor((seconds % big) / small);
  const whole = `${Math.floor(seconds / big)}${bigSuffix}`;
  return rest === 0 ? whole : `${whole}${rest}${smallSuffix}`;
}
