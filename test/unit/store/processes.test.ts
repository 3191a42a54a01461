import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openFileStore } from '../../../src/planes/store/file-store.ts';

const RACER = fileURLToPath(new URL('./racer.ts', import.meta.url));
const HOST = 'shop.example.test';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-race-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function race(name: string, mode: string): ChildProcess {
  return spawn(process.execPath, [RACER, directory, name, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function result<T>(racer: ChildProcess, schema: z.ZodType<T>): Promise<T> {
  if (racer.stdout === null) throw new Error('no output');
  return schema.parse(JSON.parse(await text(racer.stdout)));
}

const claimOutcome = z.looseObject({ kind: z.enum(['claimed', 'taken']) });

describe('several processes', { timeout: 60_000 }, () => {
  it('claim one hostname, and exactly one gets it', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const outcomes = await Promise.all(names.map((name) => result(race(name, 'claim'), claimOutcome)));
    expect(outcomes.filter((one) => one.kind === 'claimed')).toHaveLength(1);
    const current = await openFileStore(directory).get(HOST);
    const taken = outcomes.filter((one) => one.kind === 'taken');
    expect(taken).toEqual(Array.from({ length: 3 }, () => ({ kind: 'taken', by: current?.owner })));
  });

  it('put at once, and no revision is written twice or lost', async () => {
    const store = openFileStore(directory);
    await store.claim(HOST, { namespace: 'default', name: 'a' }, 5);
    const written = await Promise.all([1, 2, 3].map(() => result(race('a', 'put'), z.array(z.number()))));
    const revisions = written.flat().sort((left, right) => left - right);
    expect(revisions).toEqual(Array.from({ length: 120 }, (_value, index) => index + 2));
    expect(await store.get(HOST)).toMatchObject({ revision: 121 });
  });

  it('may be killed at any moment: what was acknowledged stays, and the next one writes on', async () => {
    const store = openFileStore(directory);
    await store.claim(HOST, { namespace: 'default', name: 'a' }, 5);
    let acknowledged = 1;
    for (let round = 0; round < 6; round += 1) {
      const racer = race('a', 'endless');
      racer.stdout?.on('data', (chunk: Buffer) => {
        // The last line may be cut by the kill; only whole lines were acknowledged.
        for (const line of chunk.toString().split('\n').slice(0, -1))
          acknowledged = Math.max(acknowledged, Number(line));
        if (acknowledged > (round + 1) * 7) racer.kill('SIGKILL');
      });
      await once(racer, 'close');
      const current = await store.get(HOST);
      expect(current?.revision).toBeGreaterThanOrEqual(acknowledged);
      expect(current?.revision).toBeLessThanOrEqual(acknowledged + 20);
    }
  });
});
