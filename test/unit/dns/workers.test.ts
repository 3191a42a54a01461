import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OPTION, TYPE } from '../../support/dns-wire.ts';
import { DnsScene, Load, SLOW } from './process-scene.ts';
import { UdpClients } from './sockets.ts';
import { anOpt, anOption, aQuery, HOST, read } from './support.ts';

let scene: DnsScene;

beforeEach(async () => {
  scene = await DnsScene.open();
});

afterEach(() => scene.close());

const TWO = { workers: 2 };

/** Until these processes are gone. */
async function gone(pids: readonly number[]): Promise<void> {
  await vi.waitFor(async () => expect((await scene.pids()).filter((pid) => pids.includes(pid))).toEqual([]), SLOW);
}

/** Asks the same from sockets of their own, so that each worker hears of it. */
async function askAll(query: (id: number) => Buffer): Promise<readonly ReturnType<typeof read>[]> {
  const clients = await UdpClients.open(30);
  for (let id = 0; id < 30; id += 1) clients.send(query(id), scene.address);
  await vi.waitFor(() => expect(clients.answered.size).toBe(30), SLOW);
  clients.close();
  return [...clients.answered.values()].map(read);
}

describe('two workers', { timeout: 120_000 }, () => {
  it('one of them killed with -9 under load: only what lay in its socket is lost, and another takes its place', async () => {
    await scene.publish(2);
    const one = scene.start(TWO);
    await scene.inForce(2);
    const [victim = 0, survivor] = await scene.workersOf(one);
    const load = await Load.on(scene);
    await load.more(500);
    process.kill(victim, 'SIGKILL');
    // When the kernel has nothing of it any more, its socket is closed.
    await vi.waitFor(() => expect(existsSync(`/proc/${victim}`)).toBe(false), { ...SLOW, interval: 1 });
    const closed = load.sent;
    await load.more(1_000);
    await vi.waitFor(async () => expect(await scene.workersOf(one)).toHaveLength(2), SLOW);
    await vi.waitFor(async () => expect(await scene.workersOf(one)).not.toContain(victim), SLOW);
    expect(await scene.workersOf(one)).toContain(survivor);
    await load.more(500);
    const { lost, addresses } = await load.stop();
    console.info(`${lost.length} of ${load.sent} queries were lost`);
    expect(lost.filter((place) => place >= closed)).toEqual([]);
    expect(addresses.every((found) => found.length > 0)).toBe(true);
    await vi.waitFor(() => expect(one.output).toContain('dns worker answers in its place'), SLOW);
    expect(one.output).toContain('dns worker ended unexpectedly');
    expect(one.output).toContain('"how":"SIGKILL"');
  });

  it('one of them that hangs is killed and replaced, since its part of the queries waits for ever', async () => {
    await scene.publish(2);
    const one = scene.start(TWO);
    await scene.inForce(2);
    const [hanging = 0] = await scene.workersOf(one);
    process.kill(hanging, 'SIGSTOP');
    await vi.waitFor(async () => expect(await scene.workersOf(one)).not.toContain(hanging), SLOW);
    await vi.waitFor(async () => expect(await scene.workersOf(one)).toHaveLength(2), SLOW);
    await vi.waitFor(() => expect(one.output).toContain(`worker ${hanging} has said nothing`), SLOW);
  });

  it('go on answering when their control process is killed with -9; a new one takes over and retires them', async () => {
    await scene.publish(2);
    const old = scene.start(TWO);
    await scene.inForce(2);
    const orphans = await scene.workersOf(old);
    const before = await scene.serial();
    const load = await Load.on(scene);
    await load.more(500);
    old.child.kill('SIGKILL');
    await gone([old.child.pid ?? 0]);
    await load.more(500);
    expect(await scene.pids()).toEqual(expect.arrayContaining([...orphans]));
    const next = scene.start(TWO);
    await gone(orphans);
    await load.more(500);
    const { lost, addresses } = await load.stop();
    expect(lost).toEqual([]);
    expect(addresses.every((found) => found.length > 0)).toBe(true);
    await vi.waitFor(() => expect(next.output).toContain('took over'), SLOW);
    expect(await scene.workersOf(next)).toHaveLength(2);
    expect(await scene.pids()).toHaveLength(3);
    expect(await scene.serial()).toBeGreaterThanOrEqual(before);
    await scene.publish(3);
    await scene.inForce(3);
  });

  it('that nobody knows of do not stay behind: a control process killed while it starts leaves no port taken', async () => {
    await scene.publish(2);
    const first = scene.start(TWO);
    // Its workers are there, and on no record yet.
    await vi.waitFor(async () => expect(await scene.pids()).toHaveLength(3), { ...SLOW, interval: 1 });
    first.child.kill('SIGKILL');
    await gone(await scene.pids());
    scene.start(TWO);
    await scene.inForce(2);
  });

  it('are replaced after a kill of all of them, and have a process file that says so', async () => {
    await scene.publish(2);
    const one = scene.start(TWO);
    await scene.inForce(2);
    const before = await scene.workersOf(one);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => {
      const now = await scene.workersOf(one);
      expect(now.filter((pid) => !before.includes(pid))).toHaveLength(2);
    }, SLOW);
    await scene.inForce(2);
    expect(await scene.pids()).toEqual(expect.arrayContaining([...(await scene.workersOf(one))]));
  });

  it('have the same revision in force, each of them, and the same serial', async () => {
    await scene.publish(2);
    scene.start(TWO);
    await scene.inForce(2);
    for (const revision of [3, 4, 5]) {
      await scene.publish(revision);
      await scene.inForce(revision);
      const facts = await askAll((id) => aQuery(`_sluice.${HOST}`, { id, type: TYPE.TXT }));
      for (const { message } of facts) expect(message.answers[0]?.text).toContain(`"revision=${revision}"`);
      const serials = await askAll((id) => aQuery('example.test', { id, type: TYPE.SOA }));
      expect(new Set(serials.map(({ message }) => message.answers[0]?.text)).size).toBe(1);
    }
  });

  it('tell of a revision when all of them serve it, not when the first one does', async () => {
    await scene.publish(2);
    const one = scene.start(TWO);
    await scene.inForce(2);
    const [stopped = 0] = await scene.workersOf(one);
    process.kill(stopped, 'SIGSTOP');
    await scene.publish(3);
    // Asked again until the one that runs is asked: it has the new revision, and does not count it as in force.
    const text = async (label: string) => (await scene.ask(`${label}.${HOST}`, TYPE.TXT)).message.answers[0]?.text;
    await vi.waitFor(async () => expect(await text('_explain')).toContain('"revision=3"'), SLOW);
    for (let turn = 0; turn < 5; turn += 1) expect(await text('_sluice')).toContain('"revision=2"');
    process.kill(stopped, 'SIGCONT');
    await scene.inForce(3);
  });

  it("know each other's cookies", async () => {
    scene.start(TWO);
    await scene.answers();
    const seen = await askAll((id) =>
      aQuery(HOST, { id, additionals: [anOpt({ options: anOption(OPTION.COOKIE, '01'.repeat(8)) })] }),
    );
    const cookies = seen.map(({ message }) => message.opt?.options[0]?.data.toString('hex') ?? '');
    // Time is in the cookie; in the same second it is the same one.
    const bySecond = new Map(cookies.map((cookie) => [cookie.slice(0, 32), new Set<string>()]));
    for (const cookie of cookies) bySecond.get(cookie.slice(0, 32))?.add(cookie);
    expect([...bySecond.values()].map(({ size }) => size)).toEqual([...bySecond].map(() => 1));
    expect(cookies[0]).toHaveLength(48);
  });
});

describe('a zone file', { timeout: 120_000 }, () => {
  const file = () => join(scene.directory, 'example.zone');
  const save = (text: string) => writeFile(file(), `$TTL 60\n${text}`);
  const zones = () => ({ zones: [{ name: 'example.test', file: file() }] });
  const www = async () => (await scene.ask('www.example.test')).addresses;

  it('that is saved is served, a broken one is not, and the serial grows with each that is; no query is lost', async () => {
    await save('www A 127.0.0.1\n');
    await scene.publish(2);
    const one = scene.start(TWO, zones());
    await scene.inForce(2);
    expect(await www()).toEqual(['127.0.0.1']);
    const first = await scene.serial();
    const load = await Load.on(scene);
    await save('www A 127.0.0.2\n');
    await vi.waitFor(async () => expect(await www()).toEqual(['127.0.0.2']), SLOW);
    await vi.waitFor(() => expect(one.output).toContain('dns workers were replaced'), SLOW);
    const second = await scene.serial();
    expect(second).toBe(first + 1);
    await save('www A 127.0.0.3\nwww A nonsense\n');
    await vi.waitFor(() => expect(one.output).toContain('zone file cannot be used'), SLOW);
    expect(one.output).toContain('example.zone:3: ');
    expect([await www(), await scene.serial()]).toEqual([['127.0.0.2'], second]);
    await save('www A 127.0.0.4\n');
    await vi.waitFor(async () => expect(await www()).toEqual(['127.0.0.4']), SLOW);
    const { lost } = await load.stop();
    expect(lost).toEqual([]);
    await vi.waitFor(async () => {
      const pids = await scene.pids();
      expect(pids).toHaveLength(3);
      expect(new Set(pids)).toEqual(new Set([one.child.pid, ...(await scene.workersOf(one))]));
    }, SLOW);
  });

  it('that is broken when the server starts is an error that names file and line', async () => {
    await save('www A nonsense\n');
    const one = scene.start({}, zones());
    // By then all that it has said is here.
    await once(one.child, 'close');
    expect(one.child.exitCode).toBe(1);
    expect(one.output).toContain('example.zone:2: ');
  });
});
