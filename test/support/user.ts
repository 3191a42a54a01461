import { isRecord } from '../../src/lib/kubernetes/objects.ts';
import { kubectl } from './kubectl.ts';
import { testPlayground } from './playground.ts';

/** Somebody with kubectl, who may do everything in one cluster, or in the hub. Names without a namespace are in `default`. */
export class User {
  readonly #kubeconfig: string;

  constructor(name: string) {
    const playground = testPlayground();
    this.#kubeconfig = (name === 'hub' ? playground.hub : playground.cluster(name)).adminKubeconfig;
  }

  /** `kubectl get <kind> <name>`; undefined when there is none. */
  async get(kind: string, name: string): Promise<Record<string, unknown> | undefined> {
    const args = ['get', kind, name, '--ignore-not-found', '--show-managed-fields', '-o', 'json'];
    const output = await this.kubectl(args);
    if (output.trim() === '') return undefined;
    const object: unknown = JSON.parse(output);
    return isRecord(object) ? object : undefined;
  }

  /** `kubectl get <kind>` in all namespaces, as one line an object: whatever `template` makes of it. */
  async list(kind: string, template: string): Promise<readonly string[]> {
    const how = ['--all-namespaces', '-o', `go-template={{range .items}}${template}{{"\\n"}}{{end}}`];
    const output = await this.kubectl(['get', kind, ...how]);
    return output.split('\n').filter((line) => line !== '');
  }

  async versionOf(kind: string, name: string): Promise<unknown> {
    const { metadata } = (await this.get(kind, name)) ?? {};
    return isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  }

  /** One field by its JSONPath, such as `.status.addresses[0].value`; empty when it or the object is not there. */
  async field(kind: string, name: string, path: string): Promise<string> {
    return await this.kubectl(['get', kind, name, '--ignore-not-found', '-o', `jsonpath={${path}}`]);
  }

  async create(...objects: readonly object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await this.kubectl(['apply', '-f', '-'], JSON.stringify(list));
  }

  /** As `kubectl edit` does it: a JSON merge patch by that manager. */
  async edit(kind: string, name: string, patch: object, manager = 'kubectl-edit'): Promise<void> {
    const how = ['--type=merge', `--field-manager=${manager}`, '-p', JSON.stringify(patch)];
    await this.kubectl(['patch', kind, name, ...how]);
  }

  /** As a controller does it. */
  async writeStatus(kind: string, name: string, status: object, manager = 'a-controller'): Promise<void> {
    const patch = JSON.stringify({ status });
    const how = ['--type=merge', '--subresource=status', `--field-manager=${manager}`, '-p', patch];
    await this.kubectl(['patch', kind, name, ...how]);
  }

  async remove(kind: string, ...names: readonly string[]): Promise<void> {
    await this.kubectl(['delete', kind, ...names, '--ignore-not-found']);
  }

  /** What it prints; what it complains about is thrown. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const options = { kubeconfig: this.#kubeconfig, ...(input !== undefined && { input }) };
    const { code, stdout, stderr } = await kubectl(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }
}
