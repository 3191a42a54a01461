import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Playground } from '../../playground/playground.ts';

/** What test files, which run in other processes, may know and do of the playground. Plain data. */
export interface PlaygroundAccess {
  readonly controlUrl: string;
  readonly temporal: string;
  readonly temporalCli: string;
  readonly clusters: readonly ClusterAccess[];
}

export interface ClusterAccess {
  readonly name: string;
  readonly address: string;
  readonly kubeconfig: string;
  readonly httpPort: number;
  readonly demo: { readonly v1Url: string; readonly v2Url: string };
}

/** Lets test files stop and start parts of the playground: `POST /temporal/stop`, `POST /clusters/east/startApiServer`. */
export async function startControl(
  playground: Playground,
  temporalCli: string,
): Promise<{ access: PlaygroundAccess; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    act(playground, request.url ?? '')
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
      clusters: playground.clusters.map(({ name, address: at, kubeconfig, httpPort, demo }) => ({
        name,
        address: at,
        kubeconfig,
        httpPort,
        demo,
      })),
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function act(playground: Playground, url: string): Promise<void> {
  const [, part, name, verb] = url.split('/');
  if (part === 'temporal' && name === 'stop') return await playground.temporal.stop();
  if (part === 'temporal' && name === 'start') return await playground.temporal.start();
  const cluster = playground.clusters.find((one) => one.name === name);
  if (part === 'clusters' && cluster && verb === 'stopApiServer') return await cluster.stopApiServer();
  if (part === 'clusters' && cluster && verb === 'startApiServer') return await cluster.startApiServer();
  throw new Error(`the playground cannot do ${url}`);
}
