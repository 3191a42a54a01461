import type { Command } from 'commander';
import type { Status } from '../../workflows/status.ts';
import { parseSeconds } from '../arguments.ts';
import { addScope, requireOneScope, type Scope, steerCluster, type Target } from '../clusters.ts';
import { examples } from '../examples.ts';
import { objectName } from '../output.ts';
import { openSession, type Session } from '../session.ts';
import type { Verdict } from '../verdict.ts';
import { waitForRollout } from '../wait.ts';

interface DrainOptions extends Scope {
  readonly wait?: boolean;
  readonly timeout?: number;
}

export function addDrain(program: Command): void {
  addScope(program.command('drain'))
    .summary('take all traffic from a cluster')
    .description(
      'Takes all traffic from a cluster, in every FederatedIngress of the namespace that has a backend there: its share ' +
        'goes to the others, in proportion and by the strategy. It gets none, whatever is applied, until undrain. Works ' +
        'while rollouts run.',
    )
    .option('--wait', 'wait until no answer that names the cluster can be cached any more')
    .option('--timeout <duration>', 'how long --wait waits, such as 10m (default: no limit)', parseSeconds)
    .addHelpText(
      'after',
      examples(
        ['Before maintenance', 'sluice drain east --all-namespaces --wait --reason "kernel update"'],
        ['One hostname only', 'sluice drain east --only shop'],
        ['Give it back', 'sluice undrain east --all-namespaces'],
      ),
    )
    .action(async (cluster: string, options: DrainOptions, command: Command) => {
      const { wait, timeout, ...request } = options;
      if (timeout !== undefined && !wait) command.error('error: --timeout goes with --wait');
      requireOneScope(request, command);
      const session = openSession(command);
      const targets = await steerCluster(session, { verb: 'drain', cluster, ...request });
      if (wait) await waitUntilDrained(session, { cluster, targets, timeout });
    });
}

async function waitUntilDrained(
  session: Session,
  wait: { readonly cluster: string; readonly targets: readonly Target[]; readonly timeout: number | undefined },
): Promise<void> {
  const begun = Date.now();
  for (const { namespace, name } of wait.targets) {
    const judge = (status: Status): Verdict => judgeDrain(status, wait.cluster);
    await waitForRollout({ ...session, namespace }, name, { judge, timeoutSeconds: wait.timeout, begun });
    if (session.output !== undefined && session.output !== 'wide') continue;
    process.stdout.write(`${objectName(name)} drained from ${wait.cluster}\n`);
  }
}

/** Whether nobody can be sent to the cluster any more, neither by a server nor by a cache. */
export function judgeDrain({ backends, withheld = [] }: Status, cluster: string): Verdict {
  if (!withheld.some((one) => one.cluster === cluster)) {
    return {
      kind: 'failed',
      message: `does not withhold traffic from ${cluster} any more: it was undrained, or the drain was rolled back`,
    };
  }
  const own = backends.filter((backend) => backend.cluster === cluster);
  const isDone = own.every(({ shareInForce, drain }) => shareInForce === 0 && drain?.isProved !== false);
  return { kind: isDone ? 'completed' : 'waiting' };
}
