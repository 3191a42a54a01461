import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import type { GatewayName } from '../../playground/gateway-api.ts';
import type { ApiServerAccess, ClusterAccess, PlaygroundDefinitions } from './playground-control.ts';

export interface TestApiServer extends ApiServerAccess {
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
}

export interface TestCluster extends TestApiServer, ClusterAccess {
  /**
   * Serves one more Gateway, there already or not, at `ownGatewayAddress` until `stopGateway`: Contour writes its status.
   * `listeners` are the ports of its listeners, the cluster's usual HTTP port if absent.
   */
  startGateway(gateway: GatewayName, listeners?: readonly number[]): Promise<void>;
  stopGateway(): Promise<void>;
}

/** The playground that this run of the tests shares, as a test file may use it. */
export interface TestPlayground {
  readonly temporal: {
    readonly address: string;
    readonly cli: string;
    stop(): Promise<void>;
    kill(): Promise<void>;
    start(): Promise<void>;
  };
  readonly clusters: readonly TestCluster[];
  cluster(name: string): TestCluster;
  /** An API server without anything in it, until a test installs Sluice's definitions. */
  readonly hub: TestApiServer;
  /** The program; see also `kubectl` of kubectl.ts. */
  readonly kubectl: string;
  readonly definitions: PlaygroundDefinitions;
}

/** What the demo application of one cluster and version is told to do; `{}` makes it behave again. */
export interface DemoBehaviour {
  readonly fail?: boolean;
  readonly delayMs?: number;
}

export function testPlayground(): TestPlayground {
  const access = inject('playground');
  const tell = async (path: string): Promise<void> => {
    const response = await fetch(`${access.controlUrl}${path}`, {
      method: 'POST',
      signal: AbortSignal.timeout(60_000),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  };
  const apiServer = (path: string) => ({
    stopApiServer: () => tell(`${path}/stopApiServer`),
    startApiServer: () => tell(`${path}/startApiServer`),
  });
  const clusters = access.clusters.map((cluster) => ({
    ...cluster,
    ...apiServer(`/clusters/${cluster.name}`),
    startGateway: ({ namespace, name }: GatewayName, listeners: readonly number[] = [cluster.httpPort]) => {
      const ports = listeners.map((port) => `&listener=${port}`).join('');
      return tell(`/clusters/${cluster.name}/startGateway?namespace=${namespace}&name=${name}${ports}`);
    },
    stopGateway: () => tell(`/clusters/${cluster.name}/stopGateway`),
  }));
  return {
    temporal: {
      address: access.temporal,
      cli: access.temporalCli,
      stop: () => tell('/temporal/stop'),
      kill: () => tell('/temporal/kill'),
      start: () => tell('/temporal/start'),
    },
    clusters,
    hub: { ...access.hub, ...apiServer('/hub') },
    kubectl: access.kubectl,
    definitions: access.definitions,
    cluster(name) {
      const found = clusters.find((cluster) => cluster.name === name);
      if (!found) throw new Error(`the playground has no cluster ${name}`);
      return found;
    },
  };
}

/** Makes one demo application fail or be slow, until told otherwise. */
export async function behave(demoUrl: string, behaviour: DemoBehaviour): Promise<void> {
  const response = await fetch(`${demoUrl}/control`, {
    method: 'POST',
    body: JSON.stringify({ fail: false, delayMs: 0, ...behaviour }),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`the demo at ${demoUrl} answered ${response.status}`);
}

/** The body that a gateway answers with for a hostname. `fetch` does not let a caller set the Host header. */
export function getThrough(url: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host }, timeout: 5_000 }, (response) => {
      text(response).then(resolve, reject);
    }).on('error', reject);
  });
}
