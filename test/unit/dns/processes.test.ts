import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatAddress } from '../../../src/lib/address.ts';
import { seal } from '../../../src/lib/atomic-file.ts';
import { freeAddress } from '../../support/free-address.ts';
import { type DnsProcess, DnsScene, ended, Load, OWNER, SLOW } from './process-scene.ts';
import { anIngress, HOST } from './support.ts';

let scene: DnsScene;

beforeEach(async () => {
  scene = await DnsScene.open();
});

afterEach(() => scene.close());

const firstCopy = () => vi.waitFor(() => readFile(join(scene.directory, 'dns', 'last-good.1.json')), SLOW);
/** What a process has printed arrives some time after what else it did. */
const says = (one: DnsProcess, what: string) => vi.waitFor(() => expect(one.output).toContain(what), SLOW);

describe('the DNS process', { timeout: 90_000 }, () => {
  it('follows the store within milliseconds', async () => {
    await scene.publish(2);
    scene.start();
    await scene.inForce(2);
    const before = performance.now();
    await scene.store().put(anIngress({ owner: OWNER, revision: 3 }));
    await scene.inForce(3);
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  it('killed with -9, is back from its own copy without a store, with a serial that never falls', async () => {
    await scene.publish(2);
    scene.start();
    await scene.inForce(2);
    const before = await scene.serial();
    await firstCopy();
    await scene.killAll();
    await rm(join(scene.directory, 'globalingresses'), { recursive: true });
    const second = scene.start();
    await scene.inForce(2);
    expect(await scene.serial()).toBeGreaterThan(before);
    await says(second, 'globalingress store cannot be read');
    // The store comes back, and is followed again.
    await scene.publish(9);
    await scene.inForce(9);
  });

  it('keeps serving a hostname whose state in the store is damaged in all its files', async () => {
    await scene.publish(2);
    const first = scene.start();
    await scene.inForce(2);
    await firstCopy();
    await ended(first.child, 'SIGTERM');
    for (const file of ['1.json', '2.json']) {
      await writeFile(join(scene.directory, 'globalingresses', HOST, file), 'garbage');
    }
    await scene.store().claim('other.example.test', OWNER, 5);
    const second = scene.start();
    await scene.inForce(1, 'other.example.test');
    await scene.inForce(2);
    await says(second, `the state of ${HOST} is damaged in all its files`);
  });

  it('does not take a store that was emptied for the truth, also when it starts anew; a release is one', async () => {
    await scene.publish(2);
    const first = scene.start();
    await scene.inForce(2);
    await firstCopy();
    await ended(first.child, 'SIGTERM');
    await rm(join(scene.directory, 'globalingresses', HOST), { recursive: true });
    const second = scene.start();
    await scene.inForce(2);
    await says(second, `the files of ${HOST} are gone and it was not released`);
    await scene.store().claim(HOST, OWNER, 5);
    await scene.store().release(HOST, OWNER);
    await vi.waitFor(async () => expect((await scene.ask(HOST)).rcode).toBe(3), SLOW);
  });

  it('goes on from memory when its copy cannot be written, and says so', async () => {
    await scene.publish(2);
    const one = scene.start();
    await scene.inForce(2);
    await firstCopy();
    // A file where its folder should be: as good as a full disk. The server may make the folder again before the file is there.
    const folder = join(scene.directory, 'dns');
    await vi.waitFor(async () => {
      await rm(folder, { recursive: true, force: true });
      await writeFile(folder, '');
    }, SLOW);
    await scene.publish(3);
    await scene.inForce(3);
    await says(one, 'last-good copy cannot be written, serving from memory');
    await scene.publish(4);
    await scene.inForce(4);
  });

  it('answers SERVFAIL, never NXDOMAIN, with neither copy nor store', async () => {
    // A file where the store's folder should be: it cannot be read, nor made.
    await writeFile(join(scene.directory, 'globalingresses'), '');
    scene.start();
    expect((await scene.ask(HOST)).rcode).toBe(2);
  });

  it('takes over from an older one with queries running, and none is lost', async () => {
    await scene.publish(2);
    const old = scene.start();
    await scene.inForce(2);
    const load = await Load.on(scene);
    await load.more(500);
    const next = scene.start();
    await once(old.child, 'exit');
    await load.more(500);
    const { lost, addresses } = await load.stop();
    expect(lost).toEqual([]);
    expect(addresses.every((one) => one.length > 0)).toBe(true);
    await says(next, 'took over');
    expect(old.child.exitCode).toBe(0);
    // The old one leaves the new one's file alone when it ends.
    expect((await scene.processFile()).control.pid).toBe(next.child.pid);
    expect(await scene.pids()).toHaveLength(2);
  });

  it('refuses a port that another Sluice has, and says what to do', async () => {
    scene.start();
    await scene.answers();
    const other = scene.start({}, { stateDirectory: join(scene.directory, 'other') });
    const [code] = await once(other.child, 'close');
    expect(code).toBe(1);
    expect(other.output).toContain(`DNS cannot listen on ${formatAddress(scene.address)}: another program has it`);
  });

  it('never ends a process that only has the number of an older one', async () => {
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const first = scene.start();
    await scene.answers();
    const { control } = await scene.processFile(first.child.pid);
    await scene.killAll();
    const impostor = { ...control, pid: bystander.pid };
    await writeFile(join(scene.directory, 'dns', 'dns.pid.json'), seal({ control: impostor, workers: [impostor] }));
    const second = scene.start();
    await scene.answers();
    await ended(second.child, 'SIGTERM');
    expect(second.output).not.toContain('took over');
    expect(bystander.signalCode).toBeNull();
    await ended(bystander, 'SIGKILL');
  });

  it('ends in good order on SIGTERM with all its workers, and on nothing else when it is supervised', async () => {
    const { child } = scene.start({ workers: 2 });
    await scene.answers();
    child.kill('SIGINT');
    child.kill('SIGHUP');
    await scene.answers();
    expect(child.exitCode).toBeNull();
    await ended(child, 'SIGTERM');
    expect(child.exitCode).toBe(0);
    expect(await scene.pids()).toEqual([]);
    await expect(readFile(join(scene.directory, 'dns', 'dns.pid.json'))).rejects.toThrow('ENOENT');
  });

  it('gives its counters to Prometheus when asked to', async () => {
    const metricsListen = formatAddress(await freeAddress());
    await scene.publish(2);
    scene.start({ metricsListen });
    await scene.inForce(2);
    // A worker that has no turn for a while is left out.
    await vi.waitFor(async () => {
      const text = await (await fetch(`http://${metricsListen}/metrics`)).text();
      expect(text).toContain('sluice_dns_queries_total{type="TXT",rcode="NOERROR"} ');
      expect(text).toContain(`sluice_dns_revision{host="${HOST}"} 2`);
      expect(text).toContain('sluice_dns_workers 1');
    }, SLOW);
  });
});
