import { z } from 'zod';
import { historyEntry, state } from './history-schemas.ts';
import { leafRef, planStep, share } from './plan-schemas.ts';
import { timestamp } from './timestamp.ts';

/** How a status is said over HTTP. */

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
    measuredShare: share.exactOptional().meta({ description: 'Of the answers that planes counted; absent: too few' }),
    drain: z
      .object({ cachedUntil: timestamp, isProved: z.boolean() })
      .exactOptional()
      .meta({ description: 'Until when old answers may be in caches, and whether that is over' }),
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

const gate = z
  .object({
    gate: z.enum(['leaves', 'planes', 'caches', 'measured']),
    state: z.enum(['waiting', 'passed', 'skipped', 'failed']),
    message: z.string(),
  })
  .meta({ id: 'Gate', description: 'One thing that has to hold before a step ends' });

const stepStatus = z.object({
  step: planStep,
  text: z.string(),
  state: z.enum(['waiting', 'running', 'done']),
  startedAt: timestamp.exactOptional(),
  endedAt: timestamp.exactOptional(),
  until: timestamp.exactOptional(),
  plannedSeconds: z.number().meta({ description: 'What it takes at least, by the plan' }),
  expectedEnd: timestamp
    .exactOptional()
    .meta({ description: 'If nothing takes longer than it must; absent from a step on that waits for a person' }),
  gates: z.array(gate).exactOptional(),
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
    cause: z.string().exactOptional().meta({ description: 'What it is for, when it is not the newest spec' }),
    step: z.int().meta({ description: '0-based; equal to the number of steps when all are done' }),
    steps: z.array(stepStatus),
    startedAt: timestamp,
    endedAt: timestamp.exactOptional(),
    paused: z.boolean(),
    held: z
      .object({ reason: z.string(), message: z.string(), since: timestamp })
      .exactOptional()
      .meta({ description: 'A step failed: nothing moves until retry, abort or another spec' }),
    failedClusters: z
      .array(z.object({ cluster: z.string(), reason: z.string(), message: z.string() }))
      .exactOptional()
      .meta({ description: 'Left at what they had' }),
    lastActor: z.string().exactOptional(),
    expectedEnd: timestamp
      .exactOptional()
      .meta({ description: 'If nothing takes longer than it must; absent when a step waits for a person' }),
    outcome: rolloutOutcome.exactOptional(),
  })
  .meta({ id: 'Rollout', description: 'The move from the live to the newest generation' });

const withheld = z
  .object({
    cluster: z.string(),
    why: z.enum(['drained', 'unreachable']).meta({ description: '`unreachable` ends by itself, `drained` by undrain' }),
    since: timestamp,
    actor: z.string(),
    reason: z.string().exactOptional(),
  })
  .meta({ id: 'WithheldCluster', description: 'A cluster that gets no traffic whatever the spec says' });

const undoable = z
  .object({
    generation: z.int(),
    completedAt: timestamp.exactOptional().meta({ description: 'Absent: its rollout never completed' }),
    strategy: z.string(),
  })
  .meta({ id: 'UndoableGeneration', description: 'A generation that `undo` can go back to' });

export const status = z
  .object({
    namespace: z.string(),
    name: z.string(),
    host: z.string(),
    createdAt: timestamp,
    generation: z.int(),
    liveGeneration: z.int().exactOptional(),
    document: z.unknown().meta({ description: 'The document of the newest generation, as submitted' }),
    state,
    message: z.string().meta({ description: 'One sentence: what it is doing or waiting for now' }),
    conditions: z.array(condition),
    backends: z.array(backendStatus),
    rollout: rollout.exactOptional(),
    withheld: z.array(withheld).exactOptional(),
    queued: z
      .object({ generation: z.int(), at: timestamp })
      .exactOptional()
      .meta({ description: 'Begun when the rollout under way has ended' }),
    undoable: z.array(undoable).exactOptional().meta({ description: 'Newest first' }),
    preview: z
      .object({ host: z.string(), backends: z.array(z.object({ name: z.string(), cluster: z.string(), share })) })
      .exactOptional()
      .meta({ description: 'The hostname that leads to what a rollout brings, and who answers for it' }),
    revision: z.int().meta({ description: 'The revision of the traffic state published last' }),
    orphans: z
      .array(leafRef)
      .exactOptional()
      .meta({ description: 'Leaves that were left behind in clusters that could not be reached' }),
    source: source.exactOptional(),
    history: z.array(historyEntry),
  })
  .meta({ id: 'Status', description: 'Everything there is to know of one FederatedIngress' });
