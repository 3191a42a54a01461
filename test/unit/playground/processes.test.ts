import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessRecords, processIdentity } from '../../../playground/process-records.ts';
import { Processes, type ProcessSpec } from '../../../playground/processes.ts';
import { SOON } from '../../support/until.ts';

let directory = '';
let processes: Processes;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-processes-'));
  processes = new Processes(directory);
});

afterEach(async () => {
  await processes.stopAll();
  rmSync(directory, { recursive: true, force: true });
});

function aProgram(script: string, changes: Partial<ProcessSpec> = {}): ProcessSpec {
  return { name: 'program', command: process.execPath, args: ['-e', script], ready: async () => true, ...changes };
}

const FOR_EVER = 'setInterval(() => {}, 1000)';

describe('a program', () => {
  it('that ends before it is ready is reported with its exit code and its last lines', async () => {
    const dying = aProgram('console.log("address in use"); process.exit(3)', { ready: async () => 'no answer' });
    await expect(processes.start(dying)).rejects.toThrow(
      /^program did not start: it ended with exit code 3\.[^]*address in use/,
    );
  });

  it('that does not exist is reported', async () => {
    const missing = aProgram('', { command: '/no/such/program', ready: async () => 'no answer' });
    await expect(processes.start(missing)).rejects.toThrow('program did not start: /no/such/program cannot be run');
  });

  it('that does not get ready in time is stopped, and what was missing is told', async () => {
    const slow = aProgram(FOR_EVER, { ready: async () => 'port 80 does not answer', readyTimeoutMs: 100 });
    await expect(processes.start(slow)).rejects.toThrow('not ready in 0.1 s: port 80 does not answer');
    await expect(new ProcessRecords(directory).stopLeftovers(0)).resolves.toEqual([]);
  });

  it('that ignores SIGTERM is killed, and what it has started too', async () => {
    const marker = join(directory, 'ready');
    const stubborn = `
      process.on('SIGTERM', () => {});
      const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(FOR_EVER)}]);
      require('node:fs').writeFileSync(${JSON.stringify(marker)}, String(child.pid));
      ${FOR_EVER}`;
    const { existsSync, readFileSync } = await import('node:fs');
    const ready = async (): Promise<true | string> =>
      existsSync(marker) && readFileSync(marker, 'utf8') !== '' ? true : 'no marker';
    const managed = await processes.start(aProgram(stubborn, { ready, stopTimeoutMs: 100 }));
    const grandchild = Number(readFileSync(marker, 'utf8'));
    await managed.stop();
    expect(managed.pid).toBeUndefined();
    await expect.poll(() => processIdentity(grandchild), SOON).toBeUndefined();
  });

  it('can be stopped and started again', async () => {
    const managed = await processes.start(aProgram(FOR_EVER));
    const first = managed.pid;
    await managed.stop();
    await managed.start();
    expect(managed.pid).toBeDefined();
    expect(managed.pid).not.toBe(first);
  });

  it('is not started any more once everything is being stopped', async () => {
    await processes.stopAll();
    await expect(processes.start(aProgram(FOR_EVER))).rejects.toThrow('the playground is being stopped');
  });
});

describe('the records of processes', () => {
  it('find and stop what a killed playground left behind', async () => {
    const managed = await processes.start(aProgram(FOR_EVER));
    expect(await new ProcessRecords(directory).stopLeftovers(2_000)).toEqual(['program']);
    expect(await managed.ended()).toBe('it was ended by SIGTERM');
  });

  it('leave a process alone that only has the number of one of ours', async () => {
    const managed = await processes.start(aProgram(FOR_EVER));
    const record = { pid: managed.pid, identity: 'another boot/1' };
    writeFileSync(join(directory, 'processes', 'program.json'), JSON.stringify(record));
    expect(await new ProcessRecords(directory).stopLeftovers(2_000)).toEqual([]);
    expect(managed.pid === undefined ? undefined : processIdentity(managed.pid)).toBeDefined();
  });

  it.each(['', '{', '{"pid": 1, "identity": "x"}', '{"pid": -1, "identity": "x"}', '[]', 'null'])(
    'ignore a file that holds %s',
    async (content) => {
      writeFileSync(join(directory, 'processes', 'odd.json'), content);
      expect(await new ProcessRecords(directory).stopLeftovers(0)).toEqual([]);
    },
  );

  it('give a directory to one living process only', () => {
    const identity = processIdentity(process.ppid);
    writeFileSync(join(directory, 'playground.json'), JSON.stringify({ pid: process.ppid, identity }));
    expect(new ProcessRecords(directory).claim()).toBe(process.ppid);
  });

  it('give a directory away when its owner has ended', () => {
    writeFileSync(
      join(directory, 'playground.json'),
      JSON.stringify({ pid: process.ppid, identity: 'another boot/1' }),
    );
    expect(new ProcessRecords(directory).claim()).toBeUndefined();
  });
});
