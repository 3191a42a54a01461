// Clusters and Temporal without Sluice, in the foreground: node playground/up.ts --directory D [--third N]
import { parseArgs } from 'node:util';
import { startPlayground } from './playground.ts';
import { standardProgress } from './progress.ts';

const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: '.sluice/up' },
    /** The clusters are at 127.0.0.<first>, <first>+1, <first>+2. */
    'first-address': { type: 'string', default: '31' },
    'temporal-port': { type: 'string', default: '7533' },
  },
});
const first = Number(values['first-address']);
const temporal = Number(values['temporal-port']);
const playground = await startPlayground({
  directory: values.directory,
  clusters: ['east', 'west', 'north'].map((name, index) => ({ name, address: `127.0.0.${first + index}` })),
  ports: { temporal, temporalUi: temporal + 1_000 },
  temporalDb: 'memory',
  progress: standardProgress(),
});
console.log(JSON.stringify({ temporal: playground.temporal, clusters: playground.clusters }, undefined, 2));

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void playground.stop().then(() => process.exit(0)));
}
