import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { forOperator } from '../operator-errors.ts';

interface Role {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly example: string;
  /** Loaded only when it is run: the verbs that talk to a server need none of what a server needs. */
  readonly load: () => Promise<{ run(options: { configPath: string }): Promise<void> }>;
}

const ROLES: readonly Role[] = [
  {
    name: 'serve',
    summary: 'run everything in one',
    description: 'Runs everything in one: worker, HTTP API and DNS server.',
    example: 'Everything with one command',
    load: () => import('../../worker/serve.ts'),
  },
  {
    name: 'worker',
    summary: 'run a Temporal worker',
    description: 'Runs a Temporal worker and nothing else.',
    example: 'One more worker beside others',
    load: () => import('../../worker/worker.ts'),
  },
  {
    name: 'api',
    summary: 'run the HTTP API',
    description: 'Runs the HTTP API and nothing else.',
    example: 'The API on a machine of its own',
    load: () => import('../../worker/api.ts'),
  },
  {
    name: 'hub',
    summary: 'run the controllers of the hub',
    description:
      'Runs the controllers of the hub and nothing else: FederatedIngress, Cluster and Gateway objects. Of several, one acts.',
    example: 'One more beside others, ready to take over',
    load: () => import('../../worker/hub.ts'),
  },
];

/** The process roles: what a server runs, not what a person types. */
export function addRoles(program: Command): void {
  for (const role of ROLES) {
    program
      .command(role.name)
      .summary(role.summary)
      .description(`${role.description} It runs until SIGTERM or Ctrl-C.`)
      .option('--config <file>', 'settings', 'sluice.yaml')
      // The options of the verbs say how to reach a server; this is one.
      .configureHelp({ showGlobalOptions: false })
      .addHelpText('after', examples([role.example, `sluice ${role.name} --config sluice.yaml`]))
      .action(async (options: { readonly config: string }) => {
        const module = await role.load();
        await module.run({ configPath: options.config }).catch((error: unknown) => {
          throw forOperator(error);
        });
      });
  }
}
