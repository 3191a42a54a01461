import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Address } from '../../../src/lib/address.ts';
import { seal } from '../../../src/lib/atomic-file.ts';
import { readConfig } from '../../../src/worker/config.ts';
import type { FromWorker, ToWorker } from '../../../src/worker/dns/messages.ts';
import { findPredecessors, retire } from '../../../src/worker/dns/takeover.ts';
import { HOST } from '../../bench/dns-alive/installation.ts';
import { Load } from '../../bench/dns-alive/load.ts';
import { freeAddress } from '../../support/free-address.ts';

const WORKER_MAIN = fileURLToPath(new URL('../../../src/worker/dns/worker-main.ts', import.meta.url));

describe('a DNS worker without its control process', { timeout: 30_000 }, () => {
  const config = readConfig(JSON.stringify({ zones: ['example.test'] }));

  async function aWorker(words: (address: Address) => readonly ToWorker[]) {
    const address = await freeAddress();
    const child = fork(WORKER_MAIN, { serialization: 'advanced' });
    onTestFinished(() => void child.kill('SIGKILL'));
    for (const word of words(address)) child.send(word);
    return { child, address };
  }

  const begin = (address: Address): ToWorker => ({
    kind: 'begin',
    settings: { config, listen: [address], serials: {}, zoneFiles: {}, cookieSecrets: ['00'.repeat(16)] },
  });
  const answer: ToWorker = { kind: 'answer', synced: true };

  async function answering(child: ChildProcess): Promise<void> {
    const [message] = (await once(child, 'message')) as [FromWorker]; // worker-main.ts says nothing else
    expect(message).toEqual({ kind: 'answers' });
  }

  async function exitCode(child: ChildProcess): Promise<number | null> {
    if (child.exitCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  it('ends when it has not answered yet', async () => {
    const { child } = await aWorker((address) => [begin(address)]);
    child.disconnect();
    expect(await exitCode(child)).toBe(0);
  });

  it('ends when it answers but is not on record, where a successor would look for it', async () => {
    const { child } = await aWorker((address) => [begin(address), answer]);
    await answering(child);
    child.disconnect();
    expect(await exitCode(child)).toBe(0);
  });

  it('goes on when it is on record, until it is told to end', async () => {
    const { child, address } = await aWorker((own) => [begin(own), answer]);
    await answering(child);
    child.send({ kind: 'recorded' } satisfies ToWorker);
    child.disconnect();
    const load = await Load.start({
      server: address,
      host: HOST,
      queriesPerSecond: 200,
      sockets: 8,
      patienceMs: 10_000,
    });
    await load.more(50);
    const { answeredAt } = await load.stop();
    expect(answeredAt.some(Number.isNaN)).toBe(false);
    child.kill('SIGTERM');
    expect(await exitCode(child)).toBe(0);
  });
});

describe('the record of processes', { timeout: 30_000 }, () => {
  async function aProcess() {
    const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1_000)']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const commandLine = await readFile(`/proc/${child.pid}/cmdline`, 'utf8');
    return { child, identity: { pid: child.pid, startTime, commandLine } };
  }

  async function recorded(content: unknown): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-record-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeFile(join(directory, 'dns.pid.json'), seal(content));
    return directory;
  }

  it('leads a successor also to those that its predecessor was taking over from when it was killed', async () => {
    const orphan = await aProcess();
    const whole = await aProcess();
    const worker = await aProcess();
    const dead = { ...orphan.identity, startTime: '1' };
    const directory = await recorded({
      control: dead,
      workers: [dead],
      before: [
        { control: dead, workers: [orphan.identity, dead] },
        { control: whole.identity, workers: [worker.identity] },
      ],
    });
    const found = await findPredecessors(directory);
    expect(found).toHaveLength(2);
    const ends = [once(orphan.child, 'exit'), once(whole.child, 'exit')];
    const retired = Promise.all(found.map(retire));
    await Promise.all(ends);
    // The control process ends its workers itself, in good order; so nobody else asks them.
    expect(worker.child.signalCode).toBeNull();
    worker.child.kill();
    await retired;
  });

  it('leads nobody to a process that only has the number of an earlier one', async () => {
    const { identity } = await aProcess();
    const other = { ...identity, startTime: '1' };
    const renamed = { ...identity, commandLine: 'another program' };
    const directory = await recorded({
      control: other,
      workers: [renamed],
      before: [{ control: renamed, workers: [other] }],
    });
    expect(await findPredecessors(directory)).toEqual([]);
  });
});
