import type * as z from 'zod';
import { backend } from './backend-schema.ts';
import { DEFAULTS, LIMITS } from './defaults.ts';
import { choice, dnsLabel, duration, integer, list, literal, object, oneOf, strings } from './fields.ts';
import { host } from './host.ts';
import { leaf } from './leaf-schema.ts';
import { dns, health, routing, tls } from './traffic-schema.ts';

/**
 * The one definition of the FederatedIngress document. HTTP bodies, Temporal inputs, OpenAPI and the editor's JSON Schema
 * come from it. What a single field cannot say is checked in `semantics.ts`.
 */

const pause = object(
  { duration: duration('1s', LIMITS.pausesTotal).optional().meta({ description: 'Absent: until promoted.' }) },
  '{} to wait until promoted, or {duration: 10m}',
);

/** Analysis and approval come here as further fields. */
const step = oneOf('step', {
  setWeight: integer(1, 100).meta({ description: 'Per cent of the way from what is in force to the backends above.' }),
  pause: pause.meta({ description: '{} until promoted, or {duration: 10m}.' }),
});

const deadlines = {
  readyTimeout: duration('1s', '24h').prefault(DEFAULTS.readyTimeout).meta({
    description: 'How long new leaves may take to become ready before the rollout is taken back.',
  }),
  progressDeadline: duration('1s', '168h').prefault(DEFAULTS.progressDeadline).meta({
    description: 'How long a step may take before the rollout is taken back. Pauses do not count.',
  }),
};

const strategy = oneOf('strategy', {
  direct: object(deadlines).meta({ description: 'One shift, as when the strategy is left out.' }),
  canary: object({ steps: list(step, 'steps', LIMITS.steps), ...deadlines }).meta({
    description: 'A growing part of the way, step by step, with pauses between.',
  }),
  blueGreen: object({
    hold: pause.optional().meta({
      description: 'Before the flip: {} waits until promoted, {duration: 10m} for a time. Absent: no wait.',
    }),
    keepOld: duration('0s', LIMITS.pausesTotal).prefault(DEFAULTS.keepOld).meta({
      description: 'How long the old leaves stay after the flip.',
    }),
    ...deadlines,
  }).meta({ description: 'All at once, when the new side is up: it is there before the flip, the old side after it.' }),
});

const spec = object({
  host: host().meta({ description: 'The global hostname.' }),
  leaf,
  backends: list(backend, 'backends', LIMITS.backends).meta({ description: 'Where it is to be served in the end.' }),
  strategy: strategy.prefault({ direct: {} }).meta({ description: 'How to get there. Absent: in one shift.' }),
  dns: dns.prefault({}),
  routing: routing.prefault({ weighted: {} }).meta({ description: 'Which cluster a client gets. Absent: by weight.' }),
  health: health.prefault({}),
  tls: tls.optional(),
  drift: choice(['takeBack', 'hold', 'accept']).default(DEFAULTS.drift).meta({
    description: 'When somebody else changes or removes a leaf: write it again, hold the rollout, or only show it.',
  }),
  deletion: object({
    orphanAfter: duration('1s', LIMITS.pausesTotal).prefault(DEFAULTS.orphanAfter).meta({
      description:
        'How long a cluster that is away may hold up the removal of its leaves; after that they are left there.',
    }),
  }).prefault({}),
});

export const documentSchema = object({
  apiVersion: literal('sluice.dev/v1alpha1'),
  kind: literal('FederatedIngress'),
  metadata: object({
    name: dnsLabel(),
    namespace: dnsLabel().default(DEFAULTS.namespace),
    labels: strings().optional(),
    annotations: strings().optional(),
  }),
  spec,
}).meta({ id: 'FederatedIngress', title: 'FederatedIngress' });

/** The document with defaults filled in and durations in seconds. */
export type FederatedIngressDocument = z.output<typeof documentSchema>;
