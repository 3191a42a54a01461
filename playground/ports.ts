import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** A port that something is going to listen on. */
export interface PortUse {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** What listens there: `the HTTP API of Sluice`. */
  readonly purpose: string;
  /** How the user takes another port: `npm start -- --api-port 8081`. */
  readonly change: string;
}

export interface PortProblem {
  readonly use: PortUse;
  readonly reason: 'taken' | 'forbidden' | 'noSuchAddress' | 'other';
  readonly detail: string;
}

/** Ports that cannot be had; says for each what it is for and how to take another one. */
export class PortsError extends Error {
  override readonly name = 'PortsError';
}

/** Throws PortsError, naming every port of `uses` that cannot be listened on. */
export async function requirePorts(uses: readonly PortUse[]): Promise<void> {
  const problems = (await Promise.all(uses.map(problemWith))).filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new PortsError(describePortProblems(problems));
}

export function describePortProblems(problems: readonly PortProblem[]): string {
  const count = problems.length === 1 ? 'One port' : `${problems.length} ports`;
  return [`${count} cannot be used, so nothing was started:`, ...problems.map(describe)].join('\n');
}

function describe({ use, reason, detail }: PortProblem): string {
  const where = `  ${use.address}:${use.port}/${use.protocol}, for ${use.purpose}`;
  switch (reason) {
    case 'taken':
      return `${where}: another program listens there. Stop it, or take another port: ${use.change}`;
    case 'forbidden':
      return `${where}: you may not use it (ports below 1024 need root). Take a higher one: ${use.change}`;
    case 'noSuchAddress':
      return (
        `${where}: this machine has no such address. Linux has all of 127.0.0.0/8; ` +
        `on macOS add it with: sudo ifconfig lo0 alias ${use.address} up`
      );
    case 'other':
      return `${where}: ${detail}`;
    default:
      return reason satisfies never;
  }
}

async function problemWith(use: PortUse): Promise<PortProblem | undefined> {
  try {
    await (use.protocol === 'tcp' ? tryTcp(use) : tryUdp(use));
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // listen and bind give errors of this kind only
    return { use, reason: reasonOf(code), detail: message };
  }
}

function reasonOf(code: string | undefined): PortProblem['reason'] {
  if (code === 'EADDRINUSE') return 'taken';
  if (code === 'EACCES' || code === 'EPERM') return 'forbidden';
  if (code === 'EADDRNOTAVAIL') return 'noSuchAddress';
  return 'other';
}

function tryTcp({ address, port }: PortUse): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function tryUdp({ address, port }: PortUse): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' });
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve()));
  });
}
