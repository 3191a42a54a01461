import { isRecord } from '../../../src/lib/kubernetes/objects.ts';
import { kubectl } from '../../support/kubectl.ts';
import { testPlayground } from '../../support/playground.ts';

/** Somebody with kubectl, who may do everything in one cluster, or in the hub. */
export class User {
  readonly #kubeconfig: string;

  constructor(name: string) {
    const playground = testPlayground();
    this.#kubeconfig = (name === 'hub' ? playground.hub : playground.cluster(name)).adminKubeconfig;
  }

  /** `kubectl get <kind> <name>`; undefined when there is none. */
  async get(kind: string, name: string): Promise<Record<string, unknown> | undefined> {
    const output = await this.#run(['get', kind, name, '--ignore-not-found', '--show-managed-fields', '-o', 'json']);
    if (output.trim() === '') return undefined;
    const object: unknown = JSON.parse(output);
    return isRecord(object) ? object : undefined;
  }

  async versionOf(kind: string, name: string): Promise<unknown> {
    const { metadata } = (await this.get(kind, name)) ?? {};
    return isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  }

  async create(...objects: readonly object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await this.#run(['apply', '-f', '-'], JSON.stringify(list));
  }

  /** As `kubectl edit` does it: a JSON merge patch by that manager. */
  async edit(kind: string, name: string, patch: object): Promise<void> {
    const how = ['--type=merge', '--field-manager=kubectl-edit', '-p', JSON.stringify(patch)];
    await this.#run(['patch', kind, name, ...how]);
  }

  /** As a controller does it. */
  async writeStatus(kind: string, name: string, status: object): Promise<void> {
    const how = [
      '--type=merge',
      '--subresource=status',
      '--field-manager=a-controller',
      '-p',
      JSON.stringify({ status }),
    ];
    await this.#run(['patch', kind, name, ...how]);
  }

  async remove(kind: string, ...names: readonly string[]): Promise<void> {
    await this.#run(['delete', kind, ...names, '--ignore-not-found']);
  }

  async #run(args: readonly string[], input?: string): Promise<string> {
    const options = { kubeconfig: this.#kubeconfig, ...(input !== undefined && { input }) };
    const { code, stdout, stderr } = await kubectl(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }
}
