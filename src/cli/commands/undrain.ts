import type { Command } from 'commander';
import { addScope, requireOneScope, type Scope, steerCluster } from '../clusters.ts';
import { examples } from '../examples.ts';
import { openSession } from '../session.ts';

export function addUndrain(program: Command): void {
  addScope(program.command('undrain'))
    .summary('give a cluster its traffic back')
    .description(
      'Takes back drain, in every FederatedIngress of the namespace that is drained from the cluster: it gets its share ' +
        'again, by the strategy. A cluster that is withheld because it cannot be reached comes back by itself.',
    )
    .addHelpText(
      'after',
      examples(
        ['After maintenance', 'sluice undrain east --all-namespaces'],
        ['One hostname first', 'sluice undrain east --only shop'],
      ),
    )
    .action(async (cluster: string, options: Scope, command: Command) => {
      requireOneScope(options, command);
      await steerCluster(openSession(command), { verb: 'undrain', cluster, ...options });
    });
}
