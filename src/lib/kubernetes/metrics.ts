import { Counter, type Registry } from 'prom-client';

/** What is counted of the requests to clusters. Labels are cluster names, verbs and kinds: few. */
export interface KubernetesMetrics {
  readonly requests: Counter<'cluster' | 'verb'>;
  readonly events: Counter<'cluster' | 'kind'>;
  readonly lists: Counter<'cluster' | 'kind'>;
}

/** Makes the counters in a registry, once for a process. */
export function createKubernetesMetrics(registry: Registry): KubernetesMetrics {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'sluice_kubernetes_requests_total',
      help: 'Requests sent to the API server of a cluster; a watch is one',
      labelNames: ['cluster', 'verb'],
      registers,
    }),
    events: new Counter({
      name: 'sluice_kubernetes_watch_events_total',
      help: 'Events that the watches of a cluster brought, bookmarks apart',
      labelNames: ['cluster', 'kind'],
      registers,
    }),
    lists: new Counter({
      name: 'sluice_kubernetes_watch_lists_total',
      help: 'Whole lists that watches had to begin with: one when a watch starts, more after what it missed',
      labelNames: ['cluster', 'kind'],
      registers,
    }),
  };
}
