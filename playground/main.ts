// npm start: the playground around the product.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterPlace } from './api-servers.ts';
import { takeDirectory } from './directory.ts';
import { applyFirstIngress } from './first-ingress.ts';
import { missingCommands } from './missing-commands.ts';
import { formatNextSteps } from './next-steps.ts';
import { HELP, parseOptions, type StartOptions } from './options.ts';
import { type Playground, playgroundSteps, startPlayground } from './playground.ts';
import { portsFromEnvironment } from './playground-ports.ts';
import { type Progress, standardProgress } from './progress.ts';
import { installSluice, type Sluice, type SluiceOptions, sluicePorts, startSluice, stopDns } from './sluice.ts';
import { stopOnSignal } from './stop-on-signal.ts';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLE = join(CHECKOUT, 'examples', 'shop.yaml');

/** Where everything of one playground is kept. */
interface Places {
  readonly playground: string;
  readonly sluiceState: string;
}

function placesIn(directory: string): Places {
  const playground = join(directory, 'playground');
  // Not where `sluice serve` keeps its own by default: one started by hand here would take over what this one serves.
  return { playground, sluiceState: join(playground, 'sluice') };
}

/** Loopback addresses of their own, so that each cluster can have the same ports. */
function clusterPlaces(firstAddress: number): readonly ClusterPlace[] {
  return ['east', 'west', 'north'].map((name, index) => ({ name, address: `127.0.0.${firstAddress + index}` }));
}

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
  const places = placesIn(options.directory);
  const stop = stopOnSignal(async () => {
    progress.close();
    progress.note('\nstopping …');
    await stopEverything(places);
  });
  try {
    await start(options, { places, progress });
  } catch (error) {
    if (stop.requested) return;
    progress.close();
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    await stopEverything(places);
    process.exit(1);
  }
}

interface Run {
  readonly places: Places;
  readonly progress: Progress;
}

async function start(options: StartOptions, { places, progress }: Run): Promise<void> {
  const clusters = clusterPlaces(options.firstAddress);
  const settings: SluiceOptions = {
    apiPort: options.apiPort,
    dnsPort: options.dnsPort,
    stateDirectory: places.sluiceState,
  };
  await prepareState(options, { places, progress });
  progress.expect(playgroundSteps(clusters.length) + 3);
  const playground = await startPlayground({
    directory: places.playground,
    clusters,
    hub: { name: 'hub', address: `127.0.0.${options.firstAddress + clusters.length}` },
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
  playground.processes.announceEnds((line) => progress.note(line));
  await progress.step('sluice install, into the hub', (say) => installSluice(playground, say));
  const sluice = await progress.step('sluice serve', (say) => startSluice(playground, { ...settings, progress, say }));
  started.sluice = sluice;
  const warning = await bringUpExample(sluice, { places, progress });
  const { uiAddress: temporalUi, cli: temporalCli } = playground.temporal;
  const missing = missingCommands(process.env['PATH'] ?? '');
  const { clusters: members, hub, kubectl } = playground;
  const found = { apiUrl: sluice.apiUrl, temporalUi, temporalCli, clusters: members, hub, kubectl, warning, missing };
  process.stdout.write(formatNextSteps({ ...options, ...found }));
}

/** Ends what a killed playground left behind, and forgets its state when that is wanted. */
async function prepareState({ fresh }: StartOptions, { places, progress }: Run): Promise<void> {
  const records = await takeDirectory(places.playground, progress);
  await stopDns(places.sluiceState);
  if (!fresh) return;
  records.release();
  rmSync(places.playground, { recursive: true, force: true });
}

/** A hostname that does not come up is worth a look, with everything still running. */
async function bringUpExample(sluice: Sluice, { places, progress }: Run): Promise<string | undefined> {
  try {
    const status = await progress.step('shop.example.test', (say) =>
      applyFirstIngress({ apiUrl: sluice.apiUrl, file: EXAMPLE, say }),
    );
    return status.state === 'Ready' ? undefined : `shop is ${status.state}: ${status.message}. Go on from there:`;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\nThe logs are in ${join(places.playground, 'logs')}. To look into it:`;
  }
}

async function stopEverything({ sluiceState }: Places): Promise<void> {
  await started.sluice?.stop();
  await stopDns(sluiceState);
  await started.playground?.stop();
}
