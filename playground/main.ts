// npm start: the playground around the product.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyFirstIngress } from './first-ingress.ts';
import { formatNextSteps } from './next-steps.ts';
import { HELP, parseOptions, type StartOptions } from './options.ts';
import { type Playground, playgroundSteps, startPlayground, takeDirectory } from './playground.ts';
import { portsFromEnvironment } from './playground-ports.ts';
import { type Progress, standardProgress } from './progress.ts';
import { type Sluice, type SluiceOptions, sluicePorts, startSluice, stopDns } from './sluice.ts';
import { stopOnSignal } from './stop-on-signal.ts';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const STATE = join(CHECKOUT, '.sluice');
const DIRECTORY = join(STATE, 'playground');
const SLUICE_STATE = join(STATE, 'state');
const EXAMPLE = join(CHECKOUT, 'examples', 'shop.yaml');

/** Loopback addresses of their own, so that each cluster can have the same ports. */
const CLUSTERS = [
  { name: 'east', address: '127.0.0.11' },
  { name: 'west', address: '127.0.0.12' },
  { name: 'north', address: '127.0.0.13' },
];

/** What was started so far, for the moment when everything has to stop. */
const started: { playground?: Playground; sluice?: Sluice } = {};

const parsed = parseOptions(process.argv.slice(2));
switch (parsed.kind) {
  case 'help':
    process.stdout.write(HELP);
    break;
  case 'wrong':
    process.stderr.write(`${parsed.message}\n\n${HELP}`);
    process.exitCode = 2;
    break;
  case 'start':
    await run(parsed.options);
    break;
  default:
    parsed satisfies never;
}

async function run(options: StartOptions): Promise<void> {
  const progress = standardProgress();
  const stop = stopOnSignal(async () => {
    progress.close();
    progress.note('\nstopping …');
    await stopEverything();
  });
  try {
    await start(options, progress);
  } catch (error) {
    if (stop.requested) return;
    progress.close();
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    await stopEverything();
    process.exit(1);
  }
}

async function start(options: StartOptions, progress: Progress): Promise<void> {
  const settings: SluiceOptions = {
    apiPort: options.apiPort,
    dnsPort: options.dnsPort,
    stateDirectory: SLUICE_STATE,
  };
  await prepareState(options, progress);
  progress.expect(playgroundSteps(CLUSTERS.length) + 2);
  const playground = await startPlayground({
    directory: DIRECTORY,
    clusters: CLUSTERS,
    ports: {
      ...portsFromEnvironment(process.env),
      http: options.httpPort,
      temporal: options.temporalPort,
      temporalUi: options.temporalPort + 1_000,
    },
    temporalDb: 'file',
    progress,
    morePorts: sluicePorts(settings),
  });
  started.playground = playground;
  const sluice = await progress.step('sluice serve', (say) => startSluice(playground, { ...settings, progress, say }));
  started.sluice = sluice;
  const warning = await bringUpExample(sluice, progress);
  const temporalUi = playground.temporal.uiAddress;
  process.stdout.write(
    formatNextSteps({ ...options, apiUrl: sluice.apiUrl, temporalUi, clusters: playground.clusters, warning }),
  );
}

/** Ends what a killed playground left behind, and forgets its state when that is wanted. */
async function prepareState({ fresh }: StartOptions, progress: Progress): Promise<void> {
  const records = await takeDirectory(DIRECTORY, progress);
  await stopDns(SLUICE_STATE);
  if (!fresh) return;
  records.release();
  rmSync(DIRECTORY, { recursive: true, force: true });
  rmSync(SLUICE_STATE, { recursive: true, force: true });
}

/** A hostname that does not come up is worth a look, with everything still running. */
async function bringUpExample(sluice: Sluice, progress: Progress): Promise<string | undefined> {
  try {
    const status = await progress.step('shop.example.test', (say) =>
      applyFirstIngress({ apiUrl: sluice.apiUrl, file: EXAMPLE, say }),
    );
    return status.state === 'Ready' ? undefined : `shop is ${status.state}: ${status.message}. Go on from there:`;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\nThe logs are in ${join(DIRECTORY, 'logs')}. To look into it:`;
  }
}

async function stopEverything(): Promise<void> {
  await started.sluice?.stop();
  await stopDns(SLUICE_STATE);
  await started.playground?.stop();
}
