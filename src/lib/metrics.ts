import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export type { Registry } from 'prom-client';

/** A registry of its own (no global state) with the process metrics and `sluice_build_info`. */
export function createMetrics(version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const buildInfo = new Gauge({
    name: 'sluice_build_info',
    help: 'Always 1; the labels say which Sluice on which Node this is',
    labelNames: ['version', 'node'],
    registers: [registry],
  });
  buildInfo.set({ version, node: process.version }, 1);
  return registry;
}
