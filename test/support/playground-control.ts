import { once } from 'node:events';
import { createServer } from 'node:http';
import type { PlaygroundApiServer, PlaygroundCluster } from '../../playground/api-servers.ts';
import type { OwnGateway } from '../../playground/own-gateway.ts';
import type { Playground } from '../../playground/playground.ts';
import type { TestDefinitions } from '../../playground/tools/test-definitions.ts';

/** What test files, which run in other processes, may know and do of the playground. Plain data. */
export interface PlaygroundAccess {
  readonly controlUrl: string;
  readonly temporal: string;
  readonly temporalCli: string;
  readonly kubectl: string;
  readonly clusters: readonly ClusterAccess[];
  readonly hub: ApiServerAccess;
  readonly definitions: PlaygroundDefinitions;
}

/** Files with custom resource definitions. Those of the Gateway API are in every cluster; the others are applied by the tests that need them. */
export interface PlaygroundDefinitions extends TestDefinitions {
  readonly gatewayApi: string;
}

export interface ApiServerAccess {
  readonly name: string;
  readonly address: string;
  /** Of the user `sluice`, who may do what RBAC gives. */
  readonly kubeconfig: string;
  /** Of the user `admin`, who may do everything. */
  readonly adminKubeconfig: string;
  readonly certificate: { readonly certificateFile: string; readonly keyFile: string };
}

export interface ClusterAccess extends ApiServerAccess {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly demo: { readonly v1Url: string; readonly v2Url: string };
  readonly ownGatewayAddress: string;
}

export interface ControlOptions {
  readonly temporalCli: string;
  readonly definitions: PlaygroundDefinitions;
}

/** Lets test files stop and start parts of the playground: `POST /temporal/stop`, `POST /clusters/east/startApiServer`. */
export async function startControl(
  playground: Playground,
  { temporalCli, definitions }: ControlOptions,
): Promise<{ access: PlaygroundAccess; close(): Promise<void> }> {
  const actions = actionsOf(playground);
  const server = createServer((request, response) => {
    act(actions, request.url ?? '')
      .then(() => response.writeHead(204).end())
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the control server has no port');
  return {
    access: {
      controlUrl: `http://127.0.0.1:${address.port}`,
      temporal: playground.temporal.address,
      temporalCli,
      kubectl: playground.kubectl,
      clusters: playground.clusters.map((cluster) => {
        const { httpPort, httpsPort, demo, ownGatewayAddress } = cluster;
        return { ...apiServerAccess(cluster), httpPort, httpsPort, demo, ownGatewayAddress };
      }),
      hub: apiServerAccess(playground.hub),
      definitions,
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function apiServerAccess(server: PlaygroundApiServer): ApiServerAccess {
  const { name, address, kubeconfig, adminKubeconfig, certificate } = server;
  return { name, address, kubeconfig, adminKubeconfig, certificate };
}

type Action = (query: URLSearchParams) => Promise<void>;

/** By path. */
function actionsOf({ temporal, hub, clusters }: Playground): ReadonlyMap<string, Action> {
  const ofServer = (path: string, server: PlaygroundApiServer): [string, Action][] => [
    [`${path}/stopApiServer`, () => server.stopApiServer()],
    [`${path}/startApiServer`, () => server.startApiServer()],
  ];
  return new Map<string, Action>([
    ['/temporal/stop', () => temporal.stop()],
    ['/temporal/kill', () => temporal.kill()],
    ['/temporal/start', () => temporal.start()],
    ...ofServer('/hub', hub),
    ...clusters.flatMap((cluster) => ofServer(`/clusters/${cluster.name}`, cluster)),
    ...clusters.flatMap((cluster) => gatewayActions(`/clusters/${cluster.name}`, cluster)),
  ]);
}

function gatewayActions(path: string, cluster: PlaygroundCluster): [string, Action][] {
  let running: OwnGateway | undefined;
  const start: Action = async (query) => {
    if (running !== undefined)
      throw new Error(`a Gateway of its own is served in ${cluster.name} already: stop it first`);
    const gateway = { namespace: query.get('namespace') ?? '', name: query.get('name') ?? '' };
    running = await cluster.startGateway({ gateway, listeners: query.getAll('listener').map(Number) });
  };
  const stop: Action = async () => {
    await running?.stop();
    running = undefined;
  };
  return [
    [`${path}/startGateway`, start],
    [`${path}/stopGateway`, stop],
  ];
}

async function act(actions: ReadonlyMap<string, Action>, path: string): Promise<void> {
  const { pathname, searchParams } = new URL(path, 'http://playground');
  const action = actions.get(pathname);
  if (action === undefined) throw new Error(`the playground cannot do ${path}`);
  await action(searchParams);
}
