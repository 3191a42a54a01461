import { join } from 'node:path';
import type { ManagedProcess, Processes } from './processes.ts';
import { answers } from './wait.ts';

export interface EtcdOptions {
  readonly binary: string;
  readonly directory: string;
  readonly address: string;
  readonly clientPort: number;
  readonly peerPort: number;
}

/** One etcd serves all member clusters: each API server keeps its objects under a prefix of its own. */
export function startEtcd(processes: Processes, options: EtcdOptions): Promise<ManagedProcess> {
  const url = etcdUrl(options);
  const peerUrl = `http://${options.address}:${options.peerPort}`;
  return processes.start({
    name: 'etcd',
    command: options.binary,
    args: [
      '--name=playground',
      `--data-dir=${join(options.directory, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=playground=${peerUrl}`,
      // Survives any end of the process, not of the machine: for a playground the speed is worth more.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    ready: answers(`${url}/health`),
    stopLast: true,
  });
}

export function etcdUrl({ address, clientPort }: Pick<EtcdOptions, 'address' | 'clientPort'>): string {
  return `http://${address}:${clientPort}`;
}
