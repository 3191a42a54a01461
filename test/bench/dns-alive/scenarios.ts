import { setTimeout as delay } from 'node:timers/promises';
import { CpuMeter } from './cpu.ts';
import { type Disturbance, disturbancesOf, type Figures, figuresOf, LOST_AFTER_MS } from './figures.ts';
import { HOST, Installation, type Running } from './installation.ts';
import { clock, Load } from './load.ts';
import type { AliveOptions } from './options.ts';
import { TcpClients, type TcpFigures } from './tcp-clients.ts';

export interface Scenario {
  readonly name: string;
  readonly begin: (installation: Installation) => void;
  /** Does it, and says which processes end by it. */
  readonly disturb: (installation: Installation, running: Running) => readonly number[];
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'worker killed with -9',
    begin: (installation) => installation.startAlone(),
    disturb: (_installation, { workers }) => killed(workers.slice(0, 1)),
  },
  {
    name: 'control process killed with -9',
    begin: (installation) => installation.startSupervised(),
    disturb: (_installation, { control, workers }) => [...killed([control]), ...workers],
  },
  {
    name: 'process replaced by a new one',
    begin: (installation) => installation.startAlone(),
    disturb: (installation, { control, workers }) => {
      installation.startAlone();
      return [control, ...workers];
    },
  },
  {
    name: 'zone file changed',
    begin: (installation) => installation.startAlone(),
    disturb: (installation, { workers }) => {
      installation.changeZoneFile();
      return workers;
    },
  },
];

export interface Outcome extends Figures {
  readonly name: string;
  readonly disturbances: readonly Disturbance[];
  /** From each disturbance until the server was whole again, milliseconds. */
  readonly wholeAfterMs: readonly number[];
  /** Of all processes of the server, with those that were started. */
  readonly cpuMicroseconds: number;
  readonly tcp: TcpFigures;
}

/** Before the first disturbance and after the last one, milliseconds. */
const CALM_MS = 1_000;

/** Disturbs a server under load some times, and tells what its clients saw. */
export async function play(scenario: Scenario, options: AliveOptions): Promise<Outcome> {
  const installation = await Installation.make({
    address: { host: '127.0.0.1', port: options.port },
    metrics: { host: '127.0.0.1', port: options.port + 1 },
    workers: options.workers,
  });
  try {
    scenario.begin(installation);
    const running = await installation.untilWhole();
    const load = await Load.start({
      server: installation.address,
      host: HOST,
      queriesPerSecond: options.rate,
      sockets: options.sockets,
      patienceMs: LOST_AFTER_MS,
    });
    const tcp = new TcpClients(installation.address);
    const cpu = new CpuMeter(() => {
      installation.running();
      return installation.seen();
    });
    await delay(CALM_MS);
    const times = await disturb(scenario, { installation, running, options });
    await delay(CALM_MS);
    const cpuMicroseconds = cpu.stop();
    const observed = await load.stop();
    return {
      name: scenario.name,
      ...figuresOf(observed),
      disturbances: disturbancesOf(
        observed,
        times.map(({ at }) => at),
      ),
      wholeAfterMs: times.map(({ wholeAfterMs }) => wholeAfterMs),
      cpuMicroseconds,
      tcp: await tcp.stop(),
    };
  } finally {
    await installation.remove();
  }
}

interface Stage {
  readonly installation: Installation;
  readonly running: Running;
  readonly options: AliveOptions;
}

interface Moment {
  readonly at: number;
  readonly wholeAfterMs: number;
}

async function disturb(scenario: Scenario, { installation, running, options }: Stage): Promise<readonly Moment[]> {
  const moments: Moment[] = [];
  let now = running;
  for (let time = 0; time < options.times; time += 1) {
    const at = clock();
    now = await installation.untilWhole(scenario.disturb(installation, now));
    moments.push({ at, wholeAfterMs: clock() - at });
    await delay(Math.max(0, at + options.apartMs - clock()));
  }
  return moments;
}

function killed(pids: readonly number[]): readonly number[] {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return pids;
}
