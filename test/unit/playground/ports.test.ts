import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_PORTS } from '../../../playground/playground.ts';
import { parsePort, playgroundPorts, portsFromEnvironment } from '../../../playground/playground-ports.ts';
import { describePortProblems, type PortUse, requirePorts } from '../../../playground/ports.ts';

const servers = new Set<ReturnType<typeof createServer>>();

afterEach(() => {
  for (const server of servers) server.close();
  servers.clear();
});

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  servers.add(server);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function aUse(port: number, protocol: 'tcp' | 'udp' = 'tcp'): PortUse {
  return { address: '127.0.0.1', port, protocol, purpose: 'the HTTP API', change: 'npm start -- --api-port PORT' };
}

describe('ports', () => {
  it('are refused when another program listens there, naming port, purpose and the flag', async () => {
    const port = await takenPort();
    await expect(requirePorts([aUse(port)])).rejects.toThrow(
      `127.0.0.1:${port}/tcp, for the HTTP API: another program listens there. Stop it, or take another port: npm start -- --api-port PORT`,
    );
  });

  it('are told apart by protocol', async () => {
    await expect(requirePorts([aUse(await takenPort(), 'udp')])).resolves.toBeUndefined();
  });

  it('are all named at once', async () => {
    const [one, two] = [await takenPort(), await takenPort()];
    await expect(requirePorts([aUse(one), aUse(two)])).rejects.toThrow(
      new RegExp(`^2 ports .*nothing was started[^]*${one}[^]*${two}`),
    );
  });

  it('say what to do about an address that the machine does not have', () => {
    const use = { ...aUse(8_088), address: '127.0.0.11' };
    expect(describePortProblems([{ use, reason: 'noSuchAddress', detail: '' }])).toContain(
      'sudo ifconfig lo0 alias 127.0.0.11 up',
    );
  });
});

describe('the ports of a playground', () => {
  const clusters = [
    { name: 'east', address: '127.0.0.11' },
    { name: 'west', address: '127.0.0.12' },
  ];
  const places = { clusters, hub: { name: 'hub', address: '127.0.0.13' } };

  it('are different for each address', () => {
    const uses = playgroundPorts(places, DEFAULT_PORTS, { temporal: true });
    const sockets = uses.map(({ address, port }) => `${address}:${port}`);
    expect(new Set(sockets).size).toBe(sockets.length);
  });

  it('have that of the hub', () => {
    const uses = playgroundPorts(places, DEFAULT_PORTS, { temporal: true });
    expect(uses.filter(({ address }) => address === '127.0.0.13')).toMatchObject([
      { port: 16_443, purpose: 'kube-apiserver, the hub' },
    ]);
  });

  it('have none for a Temporal server that is there already', () => {
    const purposes = playgroundPorts(places, DEFAULT_PORTS, { temporal: false }).map(({ purpose }) => purpose);
    expect(purposes).not.toContain('Temporal');
  });

  it('are changed by the variable that the message names', () => {
    const [use] = playgroundPorts(places, DEFAULT_PORTS, { temporal: false }).filter(({ port }) => port === 16_443);
    expect(use?.change).toBe('SLUICE_PORT_API_SERVER=PORT npm start');
    expect(portsFromEnvironment({ SLUICE_PORT_API_SERVER: '26443' })).toEqual({ apiServer: 26_443 });
  });

  it.each(['0', '65536', '80.5', 'http', '-1', ''])('are refused when written as "%s"', (text) => {
    expect(() => parsePort(text, '--api-port')).toThrow(`--api-port: "${text}" is no port; allowed: 1 to 65535`);
  });
});
