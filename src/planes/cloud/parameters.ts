import { z } from 'zod';
import type { CloudParameters } from './types.ts';

export type ReadParameters =
  | { readonly kind: 'valid'; readonly value: CloudParameters }
  | { readonly kind: 'invalid'; readonly message: string };

/** Clients and their resolvers may hold an address for longer than its TTL; a minute is what most of them do. */
export const DRAIN_SECONDS = 60;

const SERVICE = /^([a-z0-9-]+)\/([a-z0-9-]+):([0-9]{1,5})$/;

const list = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((word) => word !== ''))
  .pipe(z.array(z.string()));

const schema = z.strictObject({
  region: z.string().min(1),
  subnets: list.refine((subnets) => subnets.length > 0, { error: 'allowed: one subnet or more, with commas between' }),
  securityGroups: list.default([]),
  vpcId: z.string().min(1),
  scheme: z.enum(['internet-facing', 'internal']).default('internet-facing'),
  targetType: z.enum(['ip', 'instance']).default('ip'),
  service: z
    .string()
    .regex(SERVICE, { error: 'allowed: namespace/name:port of the Service, such as gateways/envoy:80' })
    .transform(toService),
  drainSeconds: z.coerce.number().int().min(0).max(3_600).default(DRAIN_SECONDS),
  providerConfig: z.string().min(1).default('default'),
});

/** Reads the data of the ConfigMap that a GatewayClass names as its parameters. */
export function readParameters(data: unknown): ReadParameters {
  const parsed = schema.safeParse(data ?? {});
  if (parsed.success) return { kind: 'valid', value: parsed.data };
  const problems = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  return { kind: 'invalid', message: `${problems.join('; ')}; known are ${Object.keys(schema.shape).join(', ')}` };
}

function toService(text: string): CloudParameters['service'] {
  const [, namespace = '', name = '', port = ''] = SERVICE.exec(text) ?? [];
  return { namespace, name, port: Number(port) };
}
