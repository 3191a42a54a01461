import type { PlaygroundApiServer, PlaygroundCluster } from './api-servers.ts';
import type { Command } from './missing-commands.ts';

export interface NextSteps {
  readonly apiUrl: string;
  readonly dnsPort: number;
  readonly temporalUi: string | undefined;
  /** The program; undefined when TEMPORAL_ADDRESS names the server. */
  readonly temporalCli: string | undefined;
  readonly clusters: readonly PlaygroundCluster[];
  readonly hub: Pick<PlaygroundApiServer, 'name' | 'adminKubeconfig'>;
  /** The program. */
  readonly kubectl: string;
  /** Why this is no complete playground, if so. */
  readonly warning: string | undefined;
  /** Of the commands below, those that are not installed. */
  readonly missing: readonly Command[];
}

const PACKAGES: Readonly<Record<Command, string>> = {
  dig: 'Debian, Ubuntu: bind9-dnsutils; Fedora: bind-utils',
  curl: 'in most systems: curl',
};

const DEFAULT_API = 'http://127.0.0.1:8080';

/** What to type next, ready to be copied. */
export function formatNextSteps(steps: NextSteps): string {
  const { apiUrl, dnsPort, temporalUi, temporalCli, clusters, hub, kubectl, warning, missing } = steps;
  const [first] = clusters;
  const address = first?.address ?? '127.0.0.1';
  const port = first?.httpPort ?? 80;
  const other = apiUrl === DEFAULT_API ? [] : [`  export SLUICE_SERVER=${apiUrl}`];
  return [
    '',
    warning ?? 'shop.example.test is served by version v1 in the cluster east. Try, in another terminal:',
    '',
    `  dig @127.0.0.1 -p ${dnsPort} shop.example.test +short`,
    `  dig @127.0.0.1 -p ${dnsPort} TXT _sluice.shop.example.test +short`,
    `  curl --resolve shop.example.test:${port}:${address} http://shop.example.test:${port}/`,
    ...missing.map((command) => `  ${command} is not installed here (${PACKAGES[command]}).`),
    '',
    'Move it to version v2 in the cluster west, step by step:',
    '',
    ...other,
    '  npx sluice apply -f examples/shop-canary.yaml',
    '  npx sluice watch shop        # in a terminal of its own',
    '  npx sluice promote shop      # ends the pause that waits for you',
    '  npx sluice get',
    '  npx sluice explain shop.example.test      # which cluster a client gets, and why',
    '',
    'Or with kubectl, in the hub:',
    '',
    `  export KUBECONFIG=${hub.adminKubeconfig}`,
    `  ${kubectl} apply -f examples/shop-canary.yaml`,
    `  ${kubectl} get federatedingresses --watch`,
    '',
    ...(temporalUi === undefined ? [] : [`Temporal UI   ${temporalUi}`]),
    ...(temporalCli === undefined ? [] : [`Temporal CLI  ${temporalCli}`]),
    `API           ${apiUrl}/docs`,
    ...[hub, ...clusters].map(
      ({ name, adminKubeconfig }) => `${name.padEnd(13)} kubectl --kubeconfig ${adminKubeconfig}`,
    ),
    '',
    'Ctrl-C stops everything; npm start goes on where it was, npm start -- --fresh begins anew.',
    '',
  ].join('\n');
}
