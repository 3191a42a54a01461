import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parseAllDocuments } from 'yaml';
import { waitUntil } from './wait.ts';

/** How to reach an API server. */
export interface KubeAccess {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface KubeRequest {
  readonly method: 'GET' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: string;
  readonly accept?: string;
}

interface KubeResponse {
  readonly status: number;
  readonly body: string;
}

export interface CustomResourceDefinition extends KubeObject {
  readonly spec: { readonly names: { readonly plural: string } };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Clients learn from this document which kinds there are. */
const AGGREGATED_DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const REQUEST_TIMEOUT_MS = 30_000;

/** The plural names of the kinds that the playground puts into its clusters. */
const RESOURCES: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  CustomResourceDefinition: 'customresourcedefinitions',
  Gateway: 'gateways',
  GatewayClass: 'gatewayclasses',
  IngressClass: 'ingressclasses',
  Namespace: 'namespaces',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
};

/** The few requests that prepare a cluster; the product's own client is not used, so that it is tested against real state. */
export class KubeApi {
  private readonly access: KubeAccess;
  private readonly agent: Agent;

  constructor(access: KubeAccess) {
    this.access = access;
    this.agent = new Agent({ keepAlive: true, maxSockets: 8, ca: access.ca });
  }

  async ready(): Promise<true | string> {
    try {
      const { status, body } = await this.send({ method: 'GET', path: '/readyz' });
      return status === 200 ? true : `/readyz answers ${status} ${body.slice(0, 200)}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Creates or updates by server-side apply. */
  async apply(object: KubeObject): Promise<void> {
    await this.applyTo(resourcePath(object), object);
  }

  private async applyTo(resource: string, object: KubeObject): Promise<void> {
    const path = `${resource}?fieldManager=playground&force=true`;
    const { status, body } = await this.send({ method: 'PATCH', path, body: JSON.stringify(object) });
    if (status !== 200 && status !== 201) {
      throw new Error(`${this.access.server} refused ${object.kind} ${object.metadata.name}: ${status} ${body}`);
    }
  }

  /** Writes the status of an object, as its controller would. */
  async applyStatus(object: KubeObject): Promise<void> {
    await this.applyTo(`${resourcePath(object)}/status`, object);
  }

  /** Applies custom resource definitions and waits until the server offers their kinds, which it does a little later. */
  async applyDefinitions(definitions: readonly CustomResourceDefinition[]): Promise<void> {
    await Promise.all(definitions.map((definition) => this.applyDefinition(definition)));
    const plurals = definitions.map(({ spec }) => spec.names.plural);
    const waited = await waitUntil(() => this.offers(plurals), { timeoutMs: 30_000 });
    if (waited.kind === 'failed') throw new Error(`${this.access.server}: ${waited.message}`);
  }

  /**
   * A definition that a server had accepted and not yet established when it was stopped stays so for ever: no later server looks
   * at it again. It holds no objects, so it is made anew.
   */
  private async applyDefinition(definition: CustomResourceDefinition): Promise<void> {
    const path = resourcePath(definition);
    const found = await this.send({ method: 'GET', path });
    if (found.status === 200 && !isEstablished(JSON.parse(found.body) as CustomResourceDefinition)) {
      await this.send({ method: 'DELETE', path });
      const gone = async (): Promise<true | string> =>
        (await this.send({ method: 'GET', path })).status === 404 ? true : `${path} is still there`;
      await waitUntil(gone, { timeoutMs: REQUEST_TIMEOUT_MS });
    }
    await this.apply(definition);
  }

  private async offers(plurals: readonly string[]): Promise<true | string> {
    const { body } = await this.send({ method: 'GET', path: '/apis', accept: AGGREGATED_DISCOVERY });
    const missing = plurals.filter((plural) => !body.includes(`"resource":"${plural}"`));
    return missing.length === 0 ? true : `no ${missing.join(', ')} offered`;
  }

  close(): void {
    this.agent.destroy();
  }

  private send({ method, path, body, accept }: KubeRequest): Promise<KubeResponse> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.access.token}`,
        ...(accept === undefined ? {} : { accept }),
        ...(body === undefined ? {} : { 'content-type': 'application/apply-patch+yaml' }),
      };
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const late = `${method} ${this.access.server}${path}: no answer within ${REQUEST_TIMEOUT_MS / 1_000} s`;
      const fail = (error: Error): void => reject(signal.aborted ? new Error(late, { cause: error }) : error);
      const call = request(
        new URL(path, this.access.server),
        { method, headers, agent: this.agent, signal },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', fail);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
          );
        },
      );
      call.on('error', fail);
      call.end(body);
    });
  }
}

/** Reads the custom resource definitions of YAML files. */
export function readDefinitions(files: readonly string[]): readonly CustomResourceDefinition[] {
  return files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8'))
      .map((document) => document.toJS() as CustomResourceDefinition | null) // files of releases
      .filter((document) => document !== null),
  );
}

function isEstablished({ status }: CustomResourceDefinition): boolean {
  return (
    status?.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True') === true
  );
}

function resourcePath({ apiVersion, kind, metadata }: KubeObject): string {
  const resource = RESOURCES[kind];
  if (resource === undefined) throw new Error(`the playground does not know the plural of ${kind}`);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${root}${namespace}/${resource}/${metadata.name}`;
}
