import { isIP } from 'node:net';
import { z } from 'zod';
import type { GlobalIngress } from '../../plan/global-ingress.ts';

/** For GlobalIngresses that come from a disk. */
export const globalIngressSchema: z.ZodType<GlobalIngress> = z.object({
  host: z.string(),
  owner: z.object({ namespace: z.string(), name: z.string() }),
  revision: z.int().min(1),
  ttlSeconds: z.int().min(0),
  targets: z.array(
    z.object({
      cluster: z.string(),
      share: z.int().min(0).max(10_000),
      addresses: z.array(z.string().refine((text) => isIP(text) !== 0)),
    }),
  ),
});
