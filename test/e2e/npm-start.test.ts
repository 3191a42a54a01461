import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { Dig } from '../support/dig.ts';
import { type Output, run } from '../support/output.ts';
import { until } from '../support/until.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DIRECTORY = join(ROOT, '.sluice/test-start');
const FLAGS = [
  ['--directory', DIRECTORY],
  ['--first-address', '41'],
  ['--api-port', '18120'],
  ['--dns-port', '15320'],
  ['--temporal-port', '17320'],
].flat();

/** Two cores bring up four API servers in some 15 s; a machine with more to do takes longer. */
const START_TIMEOUT_MS = 90_000;

/** `npm start` as a user runs it, on ports and addresses of its own. */
function npmStart(...more: readonly string[]): { readonly child: ChildProcess; readonly output: () => string } {
  let printed = '';
  const { TEMPORAL_ADDRESS: _none, ...env } = process.env;
  const child = spawn('npm', ['start', '--', ...FLAGS, ...more], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  onTestFinished(() => interrupt(child));
  return { child, output: () => printed };
}

async function untilUp(output: () => string): Promise<void> {
  const up = (): true => {
    if (!output().includes('Ctrl-C stops everything')) throw new Error(output());
    return true;
  };
  await until(up, { what: 'the playground is up', timeoutMs: START_TIMEOUT_MS });
}

/** Ctrl-C: a terminal sends SIGINT to the whole group. */
async function interrupt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-Number(child.pid), 'SIGINT');
  await ended;
}

/** Asks the hub for what Sluice has put there, in the way that is printed. */
async function kubectlAsPrinted(output: string): Promise<Output> {
  const [, kubeconfig] = /export KUBECONFIG=(\S+)/.exec(output) ?? [];
  const [, kubectl] = /^ {2}(\S+) get federatedingresses/m.exec(output) ?? [];
  if (kubeconfig === undefined || kubectl === undefined) throw new Error(`no kubectl command in ${output}`);
  return await run(kubectl, ['get', 'federatedingresses'], { env: { ...process.env, KUBECONFIG: kubeconfig } });
}

/** Command lines of running processes that mention this test's playground. */
function processesLeft(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .map((pid) => readCommandLine(pid))
    .filter((line) => line.includes('test-start') || line.includes('127.0.0.41'));
}

function readCommandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it has ended meanwhile
  }
}

describe('npm start', () => {
  afterAll(() => rmSync(DIRECTORY, { recursive: true, force: true }));

  it('brings everything up, says what to try, keeps its state over a restart, and leaves no process behind', async () => {
    const dig = await Dig.at('127.0.0.1:15320');
    const first = npmStart('--fresh');
    await untilUp(first.output);
    expect(first.output()).toContain('npx sluice apply -f examples/shop-canary.yaml');
    expect(first.output()).toContain('http://127.0.0.1:18320');
    expect((await dig.ask('shop.example.test')).values).toEqual(['127.0.0.41']);
    expect(first.output()).toContain('Temporal CLI  ');
    expect(await kubectlAsPrinted(first.output())).toMatchObject({ code: 0 });
    // What somebody starts beside it by hand keeps its state in a folder called state, see docs/configuration.md.
    expect(readdirSync(DIRECTORY)).toEqual(['playground']);
    const envoy: { readonly pid: number } = JSON.parse(
      readFileSync(join(DIRECTORY, 'playground/processes/envoy-north.json'), 'utf8'),
    );
    process.kill(envoy.pid, 'SIGKILL');
    const told = /envoy-north: it was ended by SIGKILL; its log: .*envoy-north\.log; npm start brings it back/;
    await until(() => (told.test(first.output()) ? true : undefined), { what: 'the end of Envoy is told' });
    await interrupt(first.child);
    expect(processesLeft()).toEqual([]);

    const second = npmStart();
    await untilUp(second.output);
    const status: unknown = await (await fetch('http://127.0.0.1:18120/v1/federatedingresses/default/shop')).json();
    expect(status).toMatchObject({ generation: 1, state: 'Ready' });
    expect((await dig.ask('shop.example.test')).values).toEqual(['127.0.0.41']);

    const third = spawn(process.execPath, ['playground/main.ts', ...FLAGS, '--directory', `${DIRECTORY}-other`], {
      cwd: ROOT,
    });
    expect(await text(third.stderr)).toMatch(/127\.0\.0\.1:17320.*Temporal.*--temporal-port/s);
    await interrupt(second.child);
    expect(processesLeft()).toEqual([]);
    rmSync(`${DIRECTORY}-other`, { recursive: true, force: true });
    dig.close();
  }, 300_000);
});
