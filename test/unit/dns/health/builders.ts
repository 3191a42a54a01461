import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { GlobalIngress, Target } from '../../../../src/plan/global-ingress.ts';
import type { HealthCheck } from '../../../../src/spec/types.ts';

export const HOST = 'shop.example.test';

export function aCheck(overrides: Partial<HealthCheck> = {}): HealthCheck {
  return {
    probe: { kind: 'http', path: '/healthz', statuses: [{ from: 200, to: 399 }] },
    intervalSeconds: 5,
    timeoutSeconds: 2,
    unhealthyThreshold: 3,
    healthyThreshold: 1,
    failOpenPercent: 50,
    ...overrides,
  };
}

export function aTarget(cluster: string, share: number, addresses: readonly string[]): Target {
  return { cluster, share, addresses, hostnames: [] };
}

export function aState(targets: readonly Target[], overrides: Partial<GlobalIngress> = {}): GlobalIngress {
  return {
    host: HOST,
    owner: { namespace: 'default', name: 'shop' },
    revision: 1,
    ttlSeconds: 30,
    routing: { kind: 'weighted', draw: { kind: 'stratified' } },
    health: aCheck(),
    tls: false,
    targets,
    ...overrides,
  };
}

export interface Gateway {
  readonly address: string;
  readonly port: number;
  /** Hostnames that were asked for, in order. */
  readonly asked: string[];
  answer: RequestListener;
  stop(): void;
}

/** A gateway of a cluster, on an address of its own; it answers 200 until told otherwise. */
export async function startGateway(address: string, port = 0): Promise<Gateway> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    gateway.asked.push(request.headers.host ?? '');
    gateway.answer(request, response);
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(port, address);
  await once(server, 'listening');
  const listening = server.address();
  if (listening === null || typeof listening === 'string') throw new Error('no port');
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  const gateway: Gateway = { address, port: listening.port, asked: [], answer: (_, response) => response.end(), stop };
  return gateway;
}
