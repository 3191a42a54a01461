import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatAddress } from '../../../../src/lib/address.ts';
import { Dig } from '../../../support/dig.ts';
import type { Bench } from '../bench.ts';
import { type Answered, drive } from '../dnsperf.ts';
import { nextState, storeIn } from '../servers/sluice.ts';
import { percentile, type Spread, spread } from '../statistics.ts';
import type { Asked } from './many-hosts.ts';

/** Milliseconds. */
export interface ZoneChangeFigures {
  /** From the store's answer that the state is written to the first answer with it. */
  readonly written: Spread;
  /** From the call of the store. */
  readonly called: Spread;
  /** Latency of ordinary queries, with changes and without. */
  readonly changing: Tail;
  readonly quiet: Tail;
}

export interface Tail {
  readonly p99: number;
  readonly worst: number;
  readonly lost: number;
}

const STREAM_PER_SECOND = 1_000;
/** Changes come apart, so that each is a change of its own; longer than any debounce. */
const PAUSE_MS = 200;
/** Before the first change and after the last one. */
const MARGIN_SECONDS = 1;
const DEADLINE_MS = 10_000;

/** Changes one hostname of many again and again, while another process asks for all of them at a steady rate. */
export async function measureZoneChange(bench: Bench, asked: Asked, host: string): Promise<ZoneChangeFigures> {
  const { changes, hosts } = bench.options;
  const seconds = Math.ceil((changes * PAUSE_MS * 1.5) / 1_000) + 2 * MARGIN_SECONDS;
  return bench.progress.step(`a change of a zone with ${hosts} hostnames`, async (say) => {
    say('without changes');
    const quiet = await stream(bench, asked, seconds);
    const streaming = stream(bench, asked, seconds);
    await delay(MARGIN_SECONDS * 1_000);
    const times: ChangeTimes[] = [];
    const dig = await Dig.at(formatAddress(asked.server.address));
    for (let change = 1; change <= changes; change += 1) {
      say(`change ${change} of ${changes}`);
      times.push(await changeOnce(dig, { host, folder: asked.server.folder }));
      await delay(PAUSE_MS);
    }
    dig.close();
    return {
      written: spread(times.map(({ written }) => written)),
      called: spread(times.map(({ called }) => called)),
      changing: tail(await streaming),
      quiet: tail(quiet),
    };
  });
}

function stream(bench: Bench, { server, queries }: Asked, seconds: number): Promise<Answered> {
  const load = { queries, seconds, rate: STREAM_PER_SECOND, oneSocket: true, latencies: true } as const;
  return drive({ ...load, server: server.address, question: 'cookie' }, join(bench.directory, 'stream.out'));
}

function tail({ latencies, lost }: Answered): Tail {
  return { p99: percentile(latencies, 99), worst: percentile(latencies, 100), lost };
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
