/** When a key is used, in seconds since 1970: the timing of BIND's key files. */
export interface KeyTiming {
  readonly Created?: number;
  readonly Publish?: number;
  readonly Activate?: number;
  readonly Inactive?: number;
  readonly Delete?: number;
}

const FIELDS = ['Created', 'Publish', 'Activate', 'Inactive', 'Delete'] as const;

/** What a key may do at a moment: sign, only stand in the DNSKEY set, or nothing yet or any more. */
export type KeyUse = 'sign' | 'publish' | 'none';

/** A key without timing, or made by hand, signs. One with Publish and no Activate waits for an Activate. */
export function keyUse({ Publish, Activate, Inactive, Delete }: KeyTiming, nowSeconds: number): KeyUse {
  const isPast = (at: number | undefined): boolean => at !== undefined && at <= nowSeconds;
  if (isPast(Delete)) return 'none';
  if (isPast(Inactive)) return 'publish';
  if (isPast(Activate)) return 'sign';
  if (Publish === undefined && Activate === undefined) return 'sign';
  return Publish === undefined || isPast(Publish) ? 'publish' : 'none';
}

/** Timing lines of a `.private` file, from its fields. Throws when one is no time. */
export function parseTiming(fields: ReadonlyMap<string, string>): KeyTiming {
  const found = FIELDS.flatMap((name) => {
    const text = fields.get(name);
    return text === undefined ? [] : [[name, parseTime(name, text)] as const];
  });
  return Object.fromEntries(found);
}

/** One line a time, in BIND's order. */
export function timingLines(timing: KeyTiming): readonly string[] {
  return FIELDS.flatMap((name) => {
    const at = timing[name];
    return at === undefined ? [] : [`${name}: ${timeText(at)}`];
  });
}

/** UTC, as in 20260131235959. */
function timeText(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replaceAll(/\D/g, '').slice(0, 14);
}

function parseTime(name: string, text: string): number {
  const iso = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\b/.exec(text.trim());
  const [, year, month, day, hour, minute, second] = iso ?? [];
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(milliseconds)) throw new Error(`${name} is "${text}": write a time in UTC like 20260131235959`);
  return milliseconds / 1_000;
}
