import type { Outcome } from './scenarios.ts';

/** What the clients of a server saw, as text. */
export function report({ name, disturbances, wholeAfterMs, ...outcome }: Outcome): string {
  const { sent, lost, faulty, longestGapMs, slowestMs, cpuMicroseconds, tcp } = outcome;
  const each = (read: (one: (typeof disturbances)[number]) => number, digits = 0) =>
    disturbances.map((one) => read(one).toFixed(digits)).join(' ');
  return [
    `${name}, ${disturbances.length} times`,
    `  UDP              ${sent} sent, ${lost} lost, ${faulty} wrong; longest time without an answer ${longestGapMs.toFixed(0)} ms, slowest answer ${slowestMs.toFixed(0)} ms`,
    `  lost each time   ${each((one) => one.lost)}`,
    `  none lost after  ${each(({ losingMs }) => losingMs, 1)} ms`,
    `  longest gap      ${each((one) => one.longestGapMs, 1)} ms`,
    `  whole again      ${wholeAfterMs.map((one) => one.toFixed(0)).join(' ')} ms`,
    `  TCP              ${tcp.asked} asked, ${tcp.answered} answered, ${tcp.crossed} crossed an orderly end, ${tcp.lostAtReset} lost at a reset; ${tcp.reopened} connected again`,
    `  CPU              ${(cpuMicroseconds / 1_000_000).toFixed(1)} s of the server, the starts of new processes included`,
    '',
  ].join('\n');
}
