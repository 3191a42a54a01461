/** How many answers of a hostname were drawn, at all workers of one address together. Plain JSON. */
export interface AnswerTotals {
  /** Which run of the server has counted: another one begins at 0. */
  readonly run: string;
  /** When the count was begun, by `machineClock`. */
  readonly at: number;
  /** By cluster. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What is known of a hostname's totals now; who asks may have them counted anew. */
export type TotalsOf = (host: string) => AnswerTotals | undefined;

const NANOSECONDS = 1e6;

/** Milliseconds of a clock that is never set and is the same for all processes of a machine. */
export function machineClock(): number {
  return Number(process.hrtime.bigint()) / NANOSECONDS;
}

/** For a TXT record, one string a fact. The age is said, not the time: who asks has another clock. */
export function totalsText(totals: AnswerTotals | undefined, now: number): readonly string[] {
  if (totals === undefined) return ['age=unknown'];
  const counts = Object.entries(totals.counts).map(([cluster, count]) => `count=${cluster} ${count}`);
  return [`run=${totals.run}`, `age=${Math.ceil(now - totals.at)}`, ...counts];
}

/** What `totalsText` says, or undefined for a text that is none. */
export function readTotals(
  texts: readonly string[],
): { readonly run: string; readonly ageMs: number; readonly counts: Readonly<Record<string, number>> } | undefined {
  const run = texts.flatMap((text) => /^run=([-0-9a-z]{1,64})$/.exec(text)?.[1] ?? [])[0];
  const age = texts.flatMap((text) => /^age=([0-9]{1,15})$/.exec(text)?.[1] ?? [])[0];
  if (run === undefined || age === undefined) return undefined;
  const counts = texts.flatMap((text): readonly (readonly [string, number])[] => {
    const [, cluster, count] = /^count=([-0-9a-z]{1,63}) ([0-9]{1,15})$/.exec(text) ?? [];
    return cluster === undefined || count === undefined ? [] : [[cluster, Number(count)]];
  });
  return { run, ageMs: Number(age), counts: Object.fromEntries(counts) };
}
