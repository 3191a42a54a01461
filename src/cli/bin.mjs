#!/usr/bin/env node
// The only plain JavaScript of the program: it has to run on a Node that cannot run TypeScript, to find one that can.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

/** The first release that runs TypeScript without a flag. */
const REQUIRED = [22, 18];

const [major, minor] = process.versions.node.split('.').map(Number);

if (major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1])) {
  spareMemory();
  // Halves the start of a verb from the second time on.
  module.enableCompileCache();
  await import('./main.ts');
} else {
  runWithCheckoutNode();
}

/**
 * glibc has an arena for nearly each thread, and what was freed stays in it: two instead of twenty are 50 MiB less for a
 * worker. It reads how many once, when a program begins; so the roles with a worker begin once more, as the same process. And V8
 * would let old garbage grow to several times of what is alive, 150 MiB after a burst of rollouts, and a young generation to
 * three times what may be set here.
 */
function spareMemory() {
  const [, file, role] = process.argv;
  const isWanted = process.platform === 'linux' && (role === 'worker' || role === 'serve') && 'execve' in process;
  if (!isWanted || process.env.MALLOC_ARENA_MAX !== undefined || process.connected) return;
  const heap = ['--max-semi-space-size=8', '--heap-growing-percent=50'];
  const args = [process.execPath, ...process.execArgv, ...heap, file, ...process.argv.slice(2)];
  process.execve(process.execPath, args, { ...process.env, MALLOC_ARENA_MAX: '2' });
}

/** The npm package `node`, a devDependency, is the Node that this checkout was tested with. */
function runWithCheckoutNode() {
  const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(
      `error: sluice needs Node ${REQUIRED.join('.')} or newer and this is ${process.versions.node}; ` +
        'run `npm ci` in the checkout, which brings a newer Node along, or install one\n',
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both processes; the child decides what it means.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`error: cannot start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
