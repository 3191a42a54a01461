import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatAddress } from '../../../../src/lib/address.ts';
import { TARGETS, TTL_SECONDS, ZONE, ZONE_FILE } from '../names.ts';
import { findProgram } from './find-program.ts';
import type { ServerKind } from './server.ts';

export const gdnsd: ServerKind = {
  name: 'gdnsd',
  setting: (workers) => `plugin weighted, cookies; it has no rate limit; udp_threads ${workers}`,
  find: () => findProgram('gdnsd', 'gdnsd'),
  prepare: async ({ folder, address, workers }, command) => {
    for (const name of ['zones', 'run', 'state']) await mkdir(join(folder, name));
    const targets = TARGETS.map(({ cluster, address: value, weight }) => `${cluster} = [ ${value}, ${weight} ]`);
    await writeFile(join(folder, 'zones', ZONE), `${ZONE_FILE}www ${TTL_SECONDS} DYNA weighted!www\n`);
    await writeFile(
      join(folder, 'config'),
      `options => {
  listen => [ ${formatAddress(address)} ]
  udp_threads => ${workers}
  tcp_threads => 1
  run_dir => ${join(folder, 'run')}
  state_dir => ${join(folder, 'state')}
}
plugins => { weighted => { www => { ${targets.join(', ')} } } }
`,
    );
    return { command, args: ['-c', folder, 'start'] };
  },
};
