import { z } from 'zod';
import type { BackendId } from '../../plan/types.ts';

/** How a plan and its steps are said over HTTP. */

export const share = z.int().meta({ description: 'Basis points: all shares of a hostname sum to 10,000' });
// A brand has nothing to check at run time: it only keeps other strings out at compile time.
const backendId = z.string() as unknown as z.ZodType<BackendId, string>;
const shares = z.record(backendId, z.int()).meta({ description: 'Basis points by backend id' });

export const leafRef = z
  .object({
    kind: z.enum(['Ingress', 'HTTPRoute', 'Gateway', 'Service', 'Route', 'Secret']),
    cluster: z.string(),
    namespace: z.string(),
    name: z.string(),
  })
  .meta({ id: 'LeafRef', description: 'An object that Sluice owns in a member cluster' });

const strategyStep = z
  .int()
  .exactOptional()
  .meta({ description: "Its place in the strategy's list, 0-based; absent: Sluice has added it" });

const verification = z
  .object({
    path: z.string(),
    statuses: z.array(z.object({ from: z.int(), to: z.int() })),
    count: z.int(),
    maxFailures: z.int(),
    timeoutSeconds: z.number(),
  })
  .meta({ id: 'Verification', description: 'Requests to each backend, and how many of them may fail' });

export const planStep = z
  .union([
    z.object({ kind: z.literal('applyLeaves'), leaves: z.array(leafRef) }),
    z.object({ kind: z.literal('awaitReady'), backends: z.array(backendId), timeoutSeconds: z.number() }),
    z.object({
      kind: z.literal('setWeight'),
      weight: z.number(),
      clusters: z.array(z.string()).exactOptional().meta({ description: 'Whom it moves; absent: all' }),
      shares,
      ttlSeconds: z.number(),
      failover: z.array(z.string()).exactOptional(),
      strategyStep,
    }),
    z.object({ kind: z.literal('pause'), durationSeconds: z.number().exactOptional(), strategyStep }),
    z.object({ kind: z.literal('verify'), backends: z.array(backendId), verification, strategyStep }),
    z.object({ kind: z.literal('setTtl'), ttlSeconds: z.number(), waitSeconds: z.number() }),
    z.object({
      kind: z.literal('removeLeaves'),
      leaves: z.array(leafRef),
      leaving: z.array(z.object({ backend: backendId, leaf: leafRef })).exactOptional(),
    }),
  ])
  .meta({ id: 'PlanStep', description: 'A pause without durationSeconds lasts until it is promoted' });

const backend = z.object({
  name: z.string(),
  cluster: z.string(),
  placement: z.string().exactOptional(),
  namespace: z.string(),
  routes: z.array(
    z.object({
      path: z.string(),
      pathType: z.enum(['Prefix', 'Exact', 'ImplementationSpecific']),
      service: z.object({ name: z.string(), port: z.int() }),
    }),
  ),
  weight: z.int(),
});

export const allocation = z
  .object({ backends: z.array(backend), shares })
  .meta({ id: 'Allocation', description: 'A set of backends with the shares they have' });

export const plan = z
  .object({
    host: z.string(),
    preview: z.string().exactOptional().meta({ description: 'The hostname that leads to what the rollout brings' }),
    from: allocation,
    to: allocation,
    changes: z.array(z.string()).meta({ description: 'What changes besides shares, in words' }),
    leafChanges: z.array(z.string()).exactOptional().meta({ description: 'What changes in how leaves are made' }),
    leaves: z.object({
      create: z.array(leafRef),
      update: z.array(leafRef),
      remove: z.array(leafRef),
      use: z.array(leafRef).exactOptional().meta({ description: 'Objects of others that serve as they are' }),
    }),
    steps: z.array(planStep),
    earliestSeconds: z.number(),
    latestSeconds: z.number().nullable().meta({ description: 'null when a step waits for a person' }),
  })
  .meta({ id: 'Plan', description: 'Everything a rollout will do, in order' });
