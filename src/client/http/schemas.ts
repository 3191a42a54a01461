import { z } from 'zod';
import type { BackendId } from '../../plan/types.ts';
import type { SteeringResult } from '../../workflows/messages.ts';
import type { ApplyResult, Preview, Status } from '../../workflows/status.ts';
import type { Reading } from '../client.ts';

/**
 * What the HTTP API answers, said once: the OpenAPI components, and the checks of the HTTP client. The annotations hold
 * them to the types inside; the server does not check its own answers again.
 */

/** A status as HTTP says it: since when it is stale stands beside its fields. */
export type StatusReading = Status & Pick<Reading<Status>, 'staleSince'>;

export interface StatusList {
  readonly items: readonly Status[];
  readonly staleSince?: string;
}

/** The preview, and the plan as text for people. */
export interface ExplainedPreview extends Preview {
  readonly text: string;
}

const timestamp = z.string().meta({ description: 'RFC 3339', examples: ['2026-03-01T12:00:00Z'] });
const share = z.int().meta({ description: 'Basis points: all shares of a hostname sum to 10,000' });
// A brand has nothing to check at run time: it only keeps other strings out at compile time.
const backendId = z.string() as unknown as z.ZodType<BackendId, string>;
const shares = z.record(backendId, z.int()).meta({ description: 'Basis points by backend id' });

const leafRef = z
  .object({
    kind: z.enum(['Ingress', 'HTTPRoute', 'Gateway', 'Service', 'Route', 'Secret']),
    cluster: z.string(),
    namespace: z.string(),
    name: z.string(),
  })
  .meta({ id: 'LeafRef', description: 'An object that Sluice owns in a member cluster' });

const planStep = z
  .union([
    z.object({ kind: z.literal('applyLeaves'), leaves: z.array(leafRef) }),
    z.object({ kind: z.literal('awaitReady'), backends: z.array(backendId), timeoutSeconds: z.number() }),
    z.object({
      kind: z.literal('setWeight'),
      weight: z.number(),
      shares,
      ttlSeconds: z.number(),
      failover: z.array(z.string()).exactOptional(),
    }),
    z.object({ kind: z.literal('pause'), durationSeconds: z.number().exactOptional() }),
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

const allocation = z
  .object({ backends: z.array(backend), shares })
  .meta({ id: 'Allocation', description: 'A set of backends with the shares they have' });

const plan = z
  .object({
    host: z.string(),
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

const condition = z
  .object({
    type: z.enum(['Ready', 'Progressing', 'HostnameClaimed']),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string(),
    message: z.string(),
    observedGeneration: z.int(),
    lastTransitionTime: timestamp,
  })
  .meta({ id: 'Condition', description: 'A Kubernetes condition' });

const driftField = z
  .object({ path: z.string(), wanted: z.string(), found: z.string(), manager: z.string().exactOptional() })
  .meta({ id: 'DriftField', description: 'What somebody else changed in a leaf, and the field manager that did it' });

const certificate = z
  .object({
    cluster: z.string(),
    kind: z.enum(['current', 'missing', 'outdated']),
    fingerprint: z.string().exactOptional().meta({ description: 'SHA-256, hex' }),
    notAfter: timestamp.exactOptional(),
    message: z.string(),
  })
  .meta({ id: 'CertificateState', description: 'The certificate of the hostname in one cluster' });

const source = z
  .object({ kind: z.literal('hub'), uid: z.string(), generation: z.int() })
  .meta({ id: 'Source', description: 'The object in the hub that the newest generation comes from' });

const backendStatus = z
  .object({
    id: z.string(),
    name: z.string(),
    cluster: z.string(),
    namespace: z.string(),
    wantedShare: share,
    shareInForce: share,
    readiness: z.enum(['Ready', 'NotReady', 'Unknown']),
    reason: z.string(),
    message: z.string(),
    addresses: z.array(z.string()),
    port: z.int().exactOptional().meta({ description: 'Where it is not the port of the gateway of the cluster' }),
    leaf: leafRef,
    drift: z.array(driftField).exactOptional(),
    certificate: certificate.exactOptional(),
  })
  .meta({ id: 'BackendStatus', description: 'Share wanted at the end, share in force now, readiness and its reason' });

const stepStatus = z.object({
  step: planStep,
  text: z.string(),
  state: z.enum(['waiting', 'running', 'done']),
  startedAt: timestamp.exactOptional(),
  endedAt: timestamp.exactOptional(),
  until: timestamp.exactOptional(),
});

const rolloutOutcome = z.union([
  z.object({ kind: z.literal('completed') }),
  z.object({ kind: z.literal('superseded'), byGeneration: z.int() }),
  z.object({ kind: z.literal('rolledBack'), reason: z.string(), message: z.string() }),
  z.object({ kind: z.literal('failed'), reason: z.string(), message: z.string() }),
]);

const rollout = z
  .object({
    generation: z.int(),
    step: z.int().meta({ description: '0-based; equal to the number of steps when all are done' }),
    steps: z.array(stepStatus),
    startedAt: timestamp,
    endedAt: timestamp.exactOptional(),
    paused: z.boolean(),
    outcome: rolloutOutcome.exactOptional(),
  })
  .meta({ id: 'Rollout', description: 'The move from the live to the newest generation' });

const historyEntry = z
  .object({ at: timestamp, actor: z.string(), action: z.string(), message: z.string() })
  .meta({ id: 'HistoryEntry', description: 'Who did what; actor `sluice` for automatic decisions' });

const status = z
  .object({
    namespace: z.string(),
    name: z.string(),
    host: z.string(),
    createdAt: timestamp,
    generation: z.int(),
    liveGeneration: z.int().exactOptional(),
    document: z.unknown().meta({ description: 'The document of the newest generation, as submitted' }),
    state: z.enum([
      'Progressing',
      'Paused',
      'Ready',
      'Degraded',
      'RollingBack',
      'RolledBack',
      'Failed',
      'Deleting',
      'Deleted',
    ]),
    message: z.string().meta({ description: 'One sentence: what it is doing or waiting for now' }),
    conditions: z.array(condition),
    backends: z.array(backendStatus),
    rollout: rollout.exactOptional(),
    revision: z.int().meta({ description: 'The revision of the traffic state published last' }),
    orphans: z
      .array(leafRef)
      .exactOptional()
      .meta({ description: 'Leaves that were left behind in clusters that could not be reached' }),
    source: source.exactOptional(),
    history: z.array(historyEntry),
  })
  .meta({ id: 'Status', description: 'Everything there is to know of one FederatedIngress' });

const staleSince = timestamp.exactOptional().meta({
  description: 'Set when this is the last value seen, because Temporal or its workers cannot be asked now',
});

/** GET one, and the data of each `status` event. */
export const statusReadingSchema: z.ZodType<StatusReading> = status
  .extend({ staleSince })
  .meta({ id: 'StatusReading', description: 'A status, and since when it is stale if it is' });

/** GET list. */
export const statusListSchema: z.ZodType<StatusList> = z
  .object({ items: z.array(status), staleSince })
  .meta({ id: 'StatusList', description: 'FederatedIngresses by namespace and name' });

export const applyResultSchema: z.ZodType<ApplyResult> = z
  .object({ outcome: z.enum(['created', 'updated', 'unchanged']), generation: z.int() })
  .meta({ id: 'ApplyResult', description: 'The generation is the one of this document' });

export const previewSchema: z.ZodType<ExplainedPreview> = z
  .object({
    outcome: z.enum(['created', 'updated', 'unchanged']),
    plan,
    live: allocation.exactOptional(),
    text: z.string().meta({ description: 'The plan for people, as the CLI prints it' }),
  })
  .meta({ id: 'Preview', description: 'The plan that applying this document would walk; nothing was changed' });

export const steeringResultSchema: z.ZodType<SteeringResult> = z
  .object({ message: z.string() })
  .meta({ id: 'SteeringResult', description: 'One sentence that says what happens now' });
