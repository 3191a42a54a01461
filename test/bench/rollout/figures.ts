import { percentile } from '../dns/statistics.ts';

/** What a figure is to be at most. Printed, never asserted: machines differ. */
export interface Bars {
  readonly p50?: number;
  readonly p99?: number;
}

/** `    label   p50 12.3 ms, p99 45.6 ms, slowest 50.1 ms, n=200   PASS (at most 60 ms p50)`. */
export function latency(label: string, milliseconds: readonly number[], bars: Bars = {}): string {
  const known = milliseconds.filter((one) => !Number.isNaN(one));
  const at = (percent: number) => percentile(known, percent);
  const missing = milliseconds.length - known.length;
  const count = `n=${known.length}${missing === 0 ? '' : `, ${missing} unanswered`}`;
  const figures = `p50 ${ms(at(50))}, p99 ${ms(at(99))}, slowest ${ms(at(100))}, ${count}`;
  const verdicts = (['p50', 'p99'] as const).flatMap((key) => {
    const bar = bars[key];
    return bar === undefined ? [] : [verdict(at(Number(key.slice(1))) <= bar, `${key} at most ${ms(bar)}`)];
  });
  return line(label, [figures, ...verdicts].join('   '));
}

export function line(label: string, text: string): string {
  return `    ${label.padEnd(46)} ${text}`;
}

export function verdict(isMet: boolean, bar: string): string {
  return `${isMet ? 'PASS' : 'MISSED'} (${bar})`;
}

export function ms(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`;
}

export function p99(milliseconds: readonly number[]): number {
  return percentile(milliseconds, 99);
}
