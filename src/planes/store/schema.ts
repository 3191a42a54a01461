import { isIP } from 'node:net';
import { z } from 'zod';
import type { Draw, GlobalIngress, Target, TrafficRouting } from '../../plan/global-ingress.ts';
import type { HealthCheck, Probe } from '../../spec/types.ts';

const port = z.int().min(1).max(65_535).exactOptional();

const probe: z.ZodType<Probe> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['http', 'https']),
    path: z.string(),
    hostHeader: z.string().exactOptional(),
    port,
    statuses: z.array(z.object({ from: z.int(), to: z.int() })),
  }),
  z.object({ kind: z.literal('tcp'), port }),
]);

const health: z.ZodType<HealthCheck> = z.object({
  probe,
  intervalSeconds: z.number().positive(),
  timeoutSeconds: z.number().positive(),
  unhealthyThreshold: z.int().min(1),
  healthyThreshold: z.int().min(1),
  failOpenPercent: z.number().min(0).max(100),
});

const draw: z.ZodType<Draw> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stratified') }),
  z.object({
    kind: z.literal('sticky'),
    slots: z.array(z.object({ cluster: z.string(), count: z.int().min(1).max(10_000) })),
  }),
]);

const clusters = z.array(z.string());

const routing: z.ZodType<TrafficRouting> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('weighted'), draw }),
  z.object({ kind: z.literal('failover'), clusters }),
  z.object({ kind: z.literal('geo'), regions: z.array(z.object({ name: z.string(), clusters })), draw }),
]);

const target: z.ZodType<Target> = z.object({
  cluster: z.string().meta({ description: 'A registered cluster, each at most once.' }),
  share: z.int().min(0).max(10_000).meta({ description: 'Part of all traffic in basis points; 10,000 together.' }),
  addresses: z
    .array(z.string().refine((text) => isIP(text) !== 0))
    .meta({ description: 'IPv4 and IPv6 addresses of its gateway.' }),
  hostnames: z
    .array(z.string())
    .default([])
    .meta({ description: 'Names of load balancers, resolved again and again.' }),
  port: port.meta({ description: "Where it is reached, when that is not the port of the cluster's gateway." }),
});

/** For GlobalIngresses that come from a disk. The defaults are for what the first version wrote: shares and addresses only. */
export const globalIngressSchema: z.ZodType<GlobalIngress> = z.object({
  host: z.string().meta({ description: 'The hostname that is served.' }),
  owner: z.object({ namespace: z.string(), name: z.string() }),
  revision: z.int().min(1).meta({ description: 'Grows with each change; planes report which one they serve.' }),
  preview: z.string().exactOptional().meta({ description: 'The hostname that leads to what a rollout brings.' }),
  previewOf: z.string().exactOptional().meta({ description: 'The hostname that this one is the preview of.' }),
  ttlSeconds: z.int().min(0).meta({ description: 'TTL of the address records.' }),
  routing: routing
    .default({ kind: 'weighted', draw: { kind: 'stratified' } })
    .meta({ description: 'Which cluster a client gets.' }),
  health: health.nullable().default(null).meta({ description: 'The probe from outside. Absent: none is probed.' }),
  tls: z.boolean().default(false).meta({ description: 'Served over TLS as well.' }),
  targets: z.array(target).meta({ description: 'The clusters that may serve, with their shares.' }),
});
