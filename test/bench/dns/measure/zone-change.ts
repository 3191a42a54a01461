import { setTimeout as delay } from 'node:timers/promises';
import { formatAddress } from '../../../../src/lib/address.ts';
import { Dig } from '../../../support/dig.ts';
import type { Bench } from '../bench.ts';
import { askAtFixedRate, type Latencies } from '../load/fixed-rate.ts';
import { nextState, storeIn } from '../servers/sluice.ts';
import { type Spread, spread } from '../statistics.ts';
import type { Asked } from './many-hosts.ts';

/** Milliseconds. */
export interface ZoneChangeFigures {
  /** From the store's answer that the state is written to the first answer with it. */
  readonly written: Spread;
  /** From the call of the store. */
  readonly called: Spread;
  /** Latency of ordinary queries, with changes and without. */
  readonly changing: Latencies;
  readonly quiet: Latencies;
}

export interface Changed extends Asked {
  /** The hostname that changes. */
  readonly host: string;
  /** The program that asks at a fixed rate. */
  readonly command: string;
}

const STREAM_PER_SECOND = 1_000;
/** Changes come apart, so that each is a change of its own; longer than any debounce. */
const PAUSE_MS = 200;
/** Before the first change and after the last one. */
const MARGIN_SECONDS = 1;
const DEADLINE_MS = 10_000;

/** Changes one hostname of many again and again, while another process asks for all of them at a steady rate. */
export async function measureZoneChange({ options, progress }: Bench, changed: Changed): Promise<ZoneChangeFigures> {
  const { changes, hosts } = options;
  const seconds = Math.ceil((changes * PAUSE_MS * 1.5) / 1_000) + 2 * MARGIN_SECONDS;
  return progress.step(`a change of a zone with ${hosts} hostnames`, async (say) => {
    say('without changes');
    const quiet = await stream(changed, seconds);
    const streaming = stream(changed, seconds);
    await delay(MARGIN_SECONDS * 1_000);
    const times: ChangeTimes[] = [];
    const dig = await Dig.at(formatAddress(changed.server.address));
    for (let change = 1; change <= changes; change += 1) {
      say(`change ${change} of ${changes}`);
      times.push(await changeOnce(dig, { host: changed.host, folder: changed.server.folder }));
      await delay(PAUSE_MS);
    }
    dig.close();
    return {
      written: spread(times.map(({ written }) => written)),
      called: spread(times.map(({ called }) => called)),
      changing: await streaming,
      quiet,
    };
  });
}

function stream({ server, queries, command }: Changed, seconds: number): Promise<Latencies> {
  return askAtFixedRate(command, { server: server.address, queries, rate: STREAM_PER_SECOND, seconds, sockets: 1 });
}

interface ChangeTimes {
  readonly written: number;
  readonly called: number;
}

/** Asks without a pause from before the change until the answer has its revision. */
async function changeOnce(dig: Dig, { host, folder }: { readonly host: string; readonly folder: string }) {
  const store = storeIn(folder);
  const current = await store.get(host);
  if (current === undefined) throw new Error(`${host} is not in the store in ${folder}`);
  const next = nextState(host, current.revision);
  const seen = firstAnswer(dig, host, `revision=${next.revision}`);
  const calledAt = performance.now();
  const put = await store.put(next);
  const writtenAt = performance.now();
  if (put.kind === 'conflict') throw new Error(`${host}: revision ${next.revision} was not written`);
  const seenAt = await seen;
  return { written: Math.max(0, seenAt - writtenAt), called: seenAt - calledAt } satisfies ChangeTimes;
}

async function firstAnswer(dig: Dig, host: string, wanted: string): Promise<number> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline) {
    const { values } = await dig.ask(`_sluice.${host}`, 'TXT');
    if (values.includes(wanted)) return performance.now();
  }
  throw new Error(`_sluice.${host} does not tell ${wanted} ${DEADLINE_MS / 1_000} s after it was written`);
}
