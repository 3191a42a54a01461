import type { WorkerDeploymentOptions } from '@temporalio/worker';
import type { Config } from './config.ts';
import { VERSION } from './version.ts';

/** Which build of which Temporal worker deployment a worker is. */
export interface Deployment {
  readonly name: string;
  readonly buildId: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined: the worker is of no deployment. Variables win, since builds that run side by side may share their settings. */
export function deploymentOf({ temporal }: Pick<Config, 'temporal'>, environment: Environment): Deployment | undefined {
  const name = environment['TEMPORAL_DEPLOYMENT_NAME'] || temporal.deployment?.name;
  if (name === undefined) return undefined;
  return { name, buildId: environment['TEMPORAL_WORKER_BUILD_ID'] || (temporal.deployment?.buildId ?? VERSION) };
}

/**
 * Workflows that live for years go on in whatever build is current, at their next task: pinned ones would keep every build
 * alive that they ever met, since servers such as 1.29 cannot move them when they continue as new.
 */
export function versioned({ name, buildId }: Deployment): WorkerDeploymentOptions {
  return {
    version: { deploymentName: name, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'AUTO_UPGRADE',
  };
}
