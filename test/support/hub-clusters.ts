import { readFileSync } from 'node:fs';
import { applyToHub, hubctl } from './hub.ts';
import { kubectl } from './kubectl.ts';
import { testPlayground } from './playground.ts';

/** Member clusters by Cluster objects of the hub, as an administrator registers them. */

const NAMESPACE = 'sluice-system';
const MEMBER_ROLE = 'sluice-member';

/** The kubeconfig of the user `sluice` or of the administrator of a cluster. */
export function kubeconfigOf(cluster: string, user: 'sluice' | 'admin' = 'sluice'): string {
  const { kubeconfig, adminKubeconfig } = testPlayground().cluster(cluster);
  return readFileSync(user === 'sluice' ? kubeconfig : adminKubeconfig, 'utf8');
}

/** Makes or changes the Secret that a Cluster object of this name refers to. */
export async function giveKubeconfig(cluster: string, text: string): Promise<void> {
  await applyToHub({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: cluster, namespace: NAMESPACE, labels: { 'sluice.dev/kubeconfig': 'true' } },
    stringData: { kubeconfig: text },
  });
}

/** Registers a cluster of the playground. */
export async function registerCluster(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
  const { address, httpPort } = testPlayground().cluster(name);
  await applyToHub({
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name, labels },
    spec: { kubeconfig: { secretRef: { name } }, gateway: { httpPort, cidrs: [`${address}/32`] } },
  });
}

export async function unregisterClusters(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await hubctl(['delete', '--ignore-not-found', `cluster.sluice.dev/${name}`]);
    await hubctl(['delete', '--ignore-not-found', '-n', NAMESPACE, `secret/${name}`]);
  }
}

/** A ServiceAccount of a member cluster, and a kubeconfig with its token. */
export class MemberAccount {
  readonly #cluster: string;
  readonly #name: string;

  private constructor(cluster: string, name: string) {
    this.#cluster = cluster;
    this.#name = name;
  }

  static async make(cluster: string, name: string): Promise<MemberAccount> {
    const account = new MemberAccount(cluster, name);
    await account.#kubectl('create', 'serviceaccount', name);
    return account;
  }

  /** Gives it the rights that `sluice install` gives. */
  async allow(): Promise<void> {
    const subject = `--serviceaccount=default:${this.#name}`;
    await this.#kubectl('create', 'clusterrolebinding', this.#name, `--clusterrole=${MEMBER_ROLE}`, subject);
  }

  async kubeconfig(): Promise<string> {
    const token = (await this.#kubectl('create', 'token', this.#name, '--duration=1h')).trim();
    return kubeconfigOf(this.#cluster).replace(/token: .*/, `token: ${token}`);
  }

  /** Its tokens are worth nothing from now on. */
  async remove(): Promise<void> {
    await this.#kubectl('delete', '--ignore-not-found', 'clusterrolebinding', this.#name);
    await this.#kubectl('delete', '--ignore-not-found', 'serviceaccount', this.#name);
  }

  async #kubectl(...args: readonly string[]): Promise<string> {
    const kubeconfig = testPlayground().cluster(this.#cluster).adminKubeconfig;
    const { code, stdout, stderr } = await kubectl(args, { kubeconfig });
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }
}
