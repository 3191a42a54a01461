// Clusters and Temporal without Sluice, in the foreground, for work on one part: node playground/up.ts --directory D
import { parseArgs } from 'node:util';
import { type Playground, startPlayground } from './playground.ts';
import { standardProgress } from './progress.ts';
import { stopOnSignal } from './stop-on-signal.ts';

const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: '.sluice/up' },
    /** The clusters are at 127.0.0.<first>, <first>+1, <first>+2, the hub behind them. */
    'first-address': { type: 'string', default: '31' },
    'temporal-port': { type: 'string', default: '7533' },
  },
});
const first = Number(values['first-address']);
const temporal = Number(values['temporal-port']);
const running: { playground?: Playground } = {};
stopOnSignal(async () => running.playground?.stop());

const playground = await startPlayground({
  directory: values.directory,
  clusters: ['east', 'west', 'north'].map((name, index) => ({ name, address: `127.0.0.${first + index}` })),
  hub: { name: 'hub', address: `127.0.0.${first + 3}` },
  ports: { temporal, temporalUi: temporal + 1_000 },
  temporalDb: 'memory',
  progress: standardProgress(),
});
running.playground = playground;
const { temporal: temporalServer, hub, clusters, kubectl } = playground;
console.log(JSON.stringify({ temporal: temporalServer, hub, clusters, kubectl }, undefined, 2));
