import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LastGood, LastGoodFile } from '../../../src/planes/dns/last-good.ts';
import { LastGoodWriter } from '../../../src/planes/dns/last-good-writer.ts';
import { anIngress, HOST } from './support.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-last-good-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const DOWN = { host: HOST, cluster: 'west', address: '127.0.0.12', since: 1_700_000_000_000, message: 'refused' };

const copy = (revision: number) => ({
  states: [anIngress({ revision })],
  serials: { 'example.test': 100 + revision },
  down: [DOWN],
});

async function saved(...revisions: number[]): Promise<void> {
  const file = new LastGoodFile(directory);
  await file.load();
  for (const revision of revisions) await file.save(copy(revision));
}

describe('the last-good copy', () => {
  it('is not there on the first start', async () => {
    expect(await new LastGoodFile(join(directory, 'none')).load()).toEqual({ lastGood: undefined, damaged: [] });
  });

  it('comes back with serials above all that may have been served', async () => {
    await saved(7, 8, 9);
    const { lastGood } = await new LastGoodFile(directory).load();
    expect(lastGood).toEqual({ ...copy(9), serials: { 'example.test': 1_109 } });
  });

  it('goes on after a restart, and keeps two generations', async () => {
    await saved(7);
    await saved(8);
    await saved(9);
    expect(await readdir(directory)).toHaveLength(2);
    expect((await new LastGoodFile(directory).load()).lastGood?.states[0]?.revision).toBe(9);
  });

  it.each(['', 'garbage', '{"sha256":"0","content":{}}'])(
    'is read from the generation before when damaged: %j',
    async (text) => {
      await saved(7, 8, 9);
      // Generation 3 is in the second file.
      await writeFile(join(directory, 'last-good.1.json'), text);
      const { lastGood, damaged } = await new LastGoodFile(directory).load();
      expect(lastGood?.states[0]?.revision).toBe(8);
      expect(damaged).toEqual([join(directory, 'last-good.1.json')]);
      await saved(10);
      expect((await new LastGoodFile(directory).load()).lastGood?.states[0]?.revision).toBe(10);
    },
  );
});

describe('the writer of the last-good copy', () => {
  afterEach(() => vi.useRealTimers());

  it('writes under a run of changes that never pauses, and what comes together once', async () => {
    vi.useFakeTimers();
    const written: number[] = [];
    let revision = 0;
    const file = { save: async ({ states }: LastGood) => void written.push(states[0]?.revision ?? 0) };
    const read = () => copy(revision);
    const writer = new LastGoodWriter({ file, read, onError: (error) => expect.unreachable(String(error)) });
    for (revision = 1; revision <= 100; revision += 1) {
      writer.changed();
      await vi.advanceTimersByTimeAsync(10);
    }
    // A change each 10 ms, one second long: written each 50 ms.
    expect(written.length).toBeGreaterThan(10);
    expect(written.length).toBeLessThan(30);
    await vi.advanceTimersByTimeAsync(1_000);
    await writer.stop();
    expect(written.at(-1)).toBeGreaterThanOrEqual(100);
  });

  it('writes once more what has changed while it was written', async () => {
    vi.useFakeTimers();
    const written: number[] = [];
    let revision = 1;
    const save = async ({ states }: LastGood) => {
      written.push(states[0]?.revision ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 100));
    };
    const read = () => copy(revision);
    const writer = new LastGoodWriter({ file: { save }, read, onError: (error) => expect.unreachable(String(error)) });
    writer.changed();
    await vi.advanceTimersByTimeAsync(100);
    revision = 2;
    writer.changed();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(written).toEqual([1, 2]);
    await writer.stop();
  });

  it.each([
    { hostnames: 1, least: 100, most: 200 },
    { hostnames: 100, least: 30, most: 42 },
    { hostnames: 10_000, least: 4, most: 6 },
  ])(
    'writes less often when there are $hostnames hostnames, and yet within 2 s',
    async ({ hostnames, least, most }) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      let written = 0;
      const save = async () => {
        written += 1;
        // However long it takes, few hostnames do not wait for it.
        await new Promise((resolve) => setTimeout(resolve, 20));
      };
      const { states, ...rest } = copy(1);
      const lastGood = { ...rest, states: Array.from({ length: hostnames }, () => states).flat() };
      const onError = (error: unknown) => expect.unreachable(String(error));
      const writer = new LastGoodWriter({ file: { save }, read: () => lastGood, onError });
      // A change each 10 ms, ten seconds long.
      for (let turn = 0; turn < 1_000; turn += 1) {
        writer.changed();
        await vi.advanceTimersByTimeAsync(10);
      }
      expect(written).toBeGreaterThanOrEqual(least);
      expect(written).toBeLessThanOrEqual(most);
      await vi.advanceTimersByTimeAsync(3_000);
      await writer.stop();
    },
  );
});
