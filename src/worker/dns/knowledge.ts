import type { Logger } from 'pino';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import type { ProbeMetrics } from '../../planes/dns/metrics.ts';
import type { ServedHost } from '../../planes/dns/served.ts';
import type { Config } from '../config.ts';

export interface KnowledgeOptions {
  readonly config: Config;
  readonly log: Logger;
  /** What `serve` says of these hostnames is something else now. */
  readonly onChange: (hosts: readonly string[]) => void;
}

/** What this machine finds out about targets: their health, the addresses behind names, and open challenges. */
export class Knowledge {
  constructor(_options: KnowledgeOptions) {}

  keep(_states: readonly GlobalIngress[]): void {}

  serve(state: GlobalIngress): ServedHost {
    const health = { kind: 'unknown', since: Date.now(), message: 'not probed' } as const;
    const targets = state.targets.map(({ cluster, addresses }) => ({ cluster, addresses, health }));
    return { state, targets, failsOpen: false, challenges: [] };
  }

  probes(): readonly ProbeMetrics[] {
    return [];
  }

  stop(): void {}
}
