import { type ClusterCheck, ClusterChecker } from '../hub/clusters.ts';
import type { ClusterRegistry } from '../lib/kubernetes/cluster-registry.ts';
import type { Logger } from '../lib/log.ts';

export interface ClusterChecks {
  /** Why a cluster that answers cannot be used, one sentence; undefined when it can, or is not known yet. */
  problemOf(cluster: string): string | undefined;
  stop(): void;
}

/**
 * Looks at the clusters of the settings file: their version, and whether Sluice may do there what it has to. Clusters of the
 * hub have an object that says it; of these the log does, and /readyz.
 */
export function checkClusters(
  names: readonly string[],
  { registry, log }: { readonly registry: ClusterRegistry; readonly log: Logger },
): ClusterChecks {
  const problems = new Map<string, string>();
  const checkers = names.flatMap((cluster) => {
    const registered = registry.get(cluster);
    if (!registered) return [];
    let told = '';
    const onCheck = (check: ClusterCheck): void => {
      const problem = problemIn(check);
      if (problem === undefined) problems.delete(cluster);
      else problems.set(cluster, problem);
      const text = JSON.stringify(check);
      if (text !== told) tell(log, cluster, check);
      told = text;
    };
    return [new ClusterChecker(registered, { onCheck })];
  });
  return {
    problemOf: (cluster) => problems.get(cluster),
    stop() {
      for (const checker of checkers) checker.stop();
    },
  };
}

function problemIn(check: ClusterCheck): string | undefined {
  if (check.kind === 'unreachable' || check.missing.length === 0) return undefined;
  return `rights are missing: ${check.missing.join('; ')}; sluice install --member-context gives them`;
}

function tell(log: Logger, cluster: string, check: ClusterCheck): void {
  if (check.kind === 'unreachable') {
    log.warn({ cluster, reason: check.reason, detail: check.message }, 'cluster cannot be reached');
    return;
  }
  const { version, missing, surplus } = check;
  if (missing.length > 0) log.error({ cluster, version, missing }, 'rights are missing in a cluster');
  if (surplus.length > 0) log.warn({ cluster, version, surplus }, 'more rights than needed in a cluster');
  if (missing.length + surplus.length === 0) log.info({ cluster, version }, 'cluster checked');
}
