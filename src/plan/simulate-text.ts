import { formatSeconds } from '../lib/duration.ts';
import { percentText } from './explain.ts';
import type { Simulation } from './simulate.ts';
import { scenarioText } from './simulate-scenario.ts';
import type { TimelineEntry } from './simulate-state.ts';

const HEADER = ['TIME', 'STEP', 'EVENT', 'SHARES', 'WHAT'];
const GAP = 3;

/** How kinds of lines are called where people read them. */
const WORDS: Readonly<Partial<Record<TimelineEntry['kind'], string>>> = {
  leftOut: 'left-out',
  wentOnWithout: 'went-on-without',
  broughtBack: 'brought-back',
  leftBehind: 'left-behind',
  rollingBack: 'rolling-back',
};

/** A simulation as `sluice simulate` prints it: a line for all that happens, then what made no difference. */
export function explainSimulation({ host, scenario, timeline, unfelt }: Simulation): string {
  const given = [
    ...scenario.faults.map((fault) => `  fail ${scenarioText(fault)}`),
    ...scenario.recoveries.map((recovery) => `  recover ${scenarioText(recovery)}`),
  ];
  return [
    `host ${host}`,
    ...(given.length === 0 ? [] : ['', 'scenario', ...given]),
    '',
    ...table([HEADER, ...timeline.map(cells)]),
    '',
    ...unfelt,
    'simulated: planes, API servers and requests take no time, measured shares are as wanted',
  ].join('\n');
}

function cells({ atSeconds, step, kind, shares, text }: TimelineEntry): readonly string[] {
  return [
    formatSeconds(atSeconds),
    step === undefined ? '-' : String(step),
    WORDS[kind] ?? kind,
    sharesCell(shares),
    text,
  ];
}

/** `east=90%,west=10%`: no blanks, so that `awk` finds the columns. */
function sharesCell(shares: TimelineEntry['shares']): string {
  const parts = Object.entries(shares).map(([cluster, share]) => `${cluster}=${percentText(share).replace(' ', '')}`);
  return parts.length === 0 ? '-' : parts.join(',');
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)) + GAP);
  return rows.map((row) => {
    return row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('')
      .trimEnd();
  });
}
