import { type Output, run } from './output.ts';
import { testPlayground } from './playground.ts';

export interface KubectlOptions {
  readonly kubeconfig: string;
  /** For `-f -`. */
  readonly input?: string;
}

/** The kubectl of a user, of the minor version of the API servers: `kubectl(['get', 'ingress'], { kubeconfig })`. */
export function kubectl(args: readonly string[], { kubeconfig, input }: KubectlOptions): Promise<Output> {
  return run(testPlayground().kubectl, args, {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    ...(input === undefined ? {} : { input }),
  });
}
