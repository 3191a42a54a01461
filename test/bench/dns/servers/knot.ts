import { glob, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HOST, TARGETS, TTL_SECONDS, ZONE, ZONE_FILE } from '../names.ts';
import { findProgram } from './find-program.ts';
import type { Program, ServerKind } from './server.ts';

export const knot: ServerKind = {
  name: 'Knot',
  setting: (workers) =>
    `mod-geoip weighted, mod-cookies, mod-stats, mod-rrl that lets loopback pass (its limit ends at 16,383/s); udp-workers ${workers}`,
  find: findKnot,
  prepare: async ({ folder, address, workers }, command) => {
    const zone = join(folder, 'zone');
    const geo = join(folder, 'geo.conf');
    const config = join(folder, 'knot.conf');
    await mkdir(join(folder, 'db'));
    // The module answers in place of the records that the zone has at this name.
    await writeFile(zone, ZONE_FILE + TARGETS.map((target) => `${HOST}. A ${target.address}\n`).join(''));
    const choices = TARGETS.map(({ address: value, weight }) => `  - weight: ${weight}\n    A: ${value}\n`);
    await writeFile(geo, `${HOST}:\n${choices.join('')}`);
    await writeFile(
      config,
      `server:
  rundir: ${folder}
  listen: ${address.host}@${address.port}
  udp-workers: ${workers}
  tcp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: warning
database:
  storage: ${join(folder, 'db')}
mod-rrl:
  - id: default
    rate-limit: 200
    whitelist: 127.0.0.0/8
mod-geoip:
  - id: default
    config-file: ${geo}
    ttl: ${TTL_SECONDS}
    mode: weighted
template:
  - id: default
    global-module: [mod-rrl/default, mod-cookies, mod-stats]
zone:
  - domain: ${ZONE}
    file: ${zone}
    module: mod-geoip/default
    zonefile-sync: -1
    journal-content: none
`,
    );
    return { command, args: ['-c', config] };
  },
};

async function findKnot(): Promise<Program> {
  const program = await findProgram('knotd', 'knot');
  if (program.kind === 'missing') return program;
  for await (const _module of glob('/usr/lib/*/knot/modules-*/geoip.so')) return program;
  return { kind: 'missing', message: 'knotd has no geoip module; Debian has it in the package knot-module-geoip' };
}
