import { randomUUID } from 'node:crypto';
import { install } from '../../../src/hub/install.ts';
import { createClusterRegistry, type RegisteredCluster } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { createLog } from '../../../src/lib/log.ts';
import { testPlayground } from '../../support/playground.ts';

export const SILENT = createLog({ level: 'silent', name: 'test' });

export interface OpenHub {
  readonly hub: RegisteredCluster;
  close(): void;
}

/** Brings Sluice's kinds and rights into the playground's hub; a second time changes nothing. */
export async function installInHub(): Promise<void> {
  const kubeconfig = testPlayground().hub.adminKubeconfig;
  await install({ hub: { kubeconfig }, user: 'sluice', signal: AbortSignal.timeout(60_000) });
}

/** The hub as a process of Sluice has it: with the rights that the installation gives, or with another kubeconfig. */
export function openHub(kubeconfig = testPlayground().hub.kubeconfig): OpenHub {
  const registry = createClusterRegistry({ log: SILENT });
  registry.set('config', [
    {
      name: 'hub',
      kubeconfig: { kind: 'file', path: kubeconfig },
      labels: {},
      gateway: { httpPort: 80, httpsPort: 443, cidrs: [] },
      classes: { ingress: {}, gateway: {} },
    },
  ]);
  const hub = registry.get('hub');
  if (hub === undefined) throw new Error('the registry has no hub');
  return { hub, close: () => registry.close() };
}

/** A name that no other test has: they share the hub. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}
