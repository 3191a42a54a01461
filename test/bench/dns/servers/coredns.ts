import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goInstall } from '../../../../playground/tools/make-tools.ts';
import { ensureTool, ToolError } from '../../../../playground/tools/tool.ts';
import { formatAddress } from '../../../../src/lib/address.ts';
import { HOST, TARGETS, ZONE, ZONE_FILE } from '../names.ts';
import type { ServerKind } from './server.ts';

const VERSION = '1.15.0';

/** The nearest that CoreDNS has: all addresses in each answer, the first of them drawn by weight. */
export const coreDns: ServerKind = {
  name: 'CoreDNS',
  setting: () =>
    `${VERSION}; file, loadbalance weighted (all addresses, the first by weight), prometheus; GOMAXPROCS by itself`,
  find: async (progress) => {
    try {
      const command = await progress.step(`CoreDNS ${VERSION}`, (say) =>
        ensureTool(
          {
            name: 'CoreDNS',
            key: { tool: 'coredns', version: VERSION, file: 'coredns' },
            places: [],
            make: goInstall(`github.com/coredns/coredns@v${VERSION}`),
            cost: 'go install, about 3 minutes',
            instead: 'Install Go (Debian: golang-go) and start again.',
          },
          say,
        ),
      );
      return { kind: 'found', command };
    } catch (error) {
      if (error instanceof ToolError) return { kind: 'missing', message: error.message };
      throw error;
    }
  },
  prepare: async ({ folder, address, metrics }, command) => {
    const zone = join(folder, 'zone');
    const weights = join(folder, 'weights');
    const corefile = join(folder, 'Corefile');
    await writeFile(zone, ZONE_FILE + TARGETS.map((target) => `${HOST}. A ${target.address}\n`).join(''));
    await writeFile(weights, `${HOST}\n${TARGETS.map((target) => `${target.address} ${target.weight}\n`).join('')}`);
    await writeFile(
      corefile,
      `${ZONE}:${address.port} {
  bind ${address.host}
  prometheus ${formatAddress(metrics)}
  file ${zone}
  loadbalance weighted ${weights}
}
`,
    );
    return { command, args: ['-conf', corefile] };
  },
};
