import { styleText } from 'node:util';
import { type Bar, bars, cpuRatio, type Verdict, verdict } from './bars.ts';
import type { Results } from './results.ts';
import type { Spread } from './statistics.ts';

/** The whole outcome of a run as text. */
export function report(results: Results): string {
  const sections = [
    servers(results),
    cpu(results),
    latency(results),
    manyHosts(results),
    change(results),
    memory(results),
    table(['bar', 'figure', 'at most', ''], bars(results).map(barRow)),
  ];
  return `\n${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function servers({ machine, servers: found, missing }: Results): string {
  const lines = [
    `${machine.cores} x ${machine.model}, Node ${machine.node}; loopback, so dnsperf takes a core of these for itself`,
    ...found.map(({ name, setting }) => `${name}: ${setting}`),
    ...missing.map(({ name, message }) => `${name} left out: ${message}`),
  ];
  return lines.join('\n');
}

function cpu(results: Results): string {
  if (results.cpu === undefined) return '';
  const rows = results.cpu.map(({ server, question, perSecond, cpu: used, lost }) => [
    server,
    question,
    perSecond.median.toFixed(0),
    between(used, 2),
    server === 'Sluice' ? '' : (cpuRatio(results, server, question)?.toFixed(2) ?? ''),
    lost === 0 ? '' : `${lost} lost`,
  ]);
  return table(['server', 'question', 'queries/s', 'CPU us/query', 'ours / its', ''], rows);
}

function latency({ latency: figures }: Results): string {
  if (figures === undefined) return '';
  const rows = figures.map(({ server, rate, p50, p99, p999, unanswered }) => [
    server,
    String(rate),
    ...[p50, p99, p999].map((one) => between(one, 3)),
    unanswered === 0 ? '' : `${unanswered} unanswered`,
  ]);
  return table(['server', 'queries/s sent', 'p50 ms', 'p99 ms', 'p99.9 ms', ''], rows);
}

function manyHosts({ manyHosts: figures, hosts }: Results): string {
  if (figures === undefined) return '';
  const rows = [
    ['1', between(figures.one, 2), ''],
    [String(hosts), between(figures.many, 2), between(figures.ratio, 3)],
  ];
  return table(['hostnames', 'CPU us/query', 'ratio'], rows);
}

function change({ change: figures, hosts }: Results): string {
  if (figures === undefined) return '';
  const { written, called, changing, quiet } = figures;
  return [
    `One of ${hosts} hostnames changed: first answer ${between(written, 1)} ms after it was written, ${between(called, 1)} ms after the call`,
    `Ordinary queries at 1,000/s with changes: p99 ${changing.p99.toFixed(2)} ms, p99.9 ${changing.p999.toFixed(2)} ms, slowest ${changing.worst.toFixed(1)} ms, ${changing.sent - changing.answered} unanswered`,
    `             the same without changes: p99 ${quiet.p99.toFixed(2)} ms, p99.9 ${quiet.p999.toFixed(2)} ms, slowest ${quiet.worst.toFixed(1)} ms, ${quiet.sent - quiet.answered} unanswered`,
  ].join('\n');
}

function memory({ memory: figures }: Results): string {
  if (figures === undefined) return '';
  const { minutes, queries, start, end, greatest, perMinute } = figures;
  const sizes = `${start.toFixed(0)} MiB at first, ${end.toFixed(0)} at the end, ${greatest.toFixed(0)} at most`;
  return `Resident memory over ${minutes} min and ${queries} queries for random subdomains: ${sizes}, ${perMinute.toFixed(2)} MiB a minute`;
}

const COLOURS = { PASS: 'green', MISSED: 'red', 'not measured': 'yellow' } as const;

function barRow(bar: Bar): readonly string[] {
  const figure = (value: number | undefined) => (value === undefined ? '-' : `${value.toFixed(2)} ${bar.unit}`);
  return [bar.what, figure(bar.figure), figure(bar.limit), coloured(verdict(bar))];
}

function coloured(outcome: Verdict): string {
  // Only the last column has colour: its codes would count as width.
  return styleText(COLOURS[outcome], outcome, { stream: process.stdout });
}

function between({ median, least, greatest }: Spread, digits: number): string {
  const [middle, low, high] = [median, least, greatest].map((value) => value.toFixed(digits));
  return `${middle} (${low}..${high})`;
}

/** Columns as wide as their widest cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
