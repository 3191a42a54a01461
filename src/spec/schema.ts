import type * as z from 'zod';
import { backend } from './backend-schema.ts';
import { DEFAULTS, LIMITS } from './defaults.ts';
import { choice, dnsLabel, duration, list, literal, object, strings } from './fields.ts';
import { host } from './host.ts';
import { leaf } from './leaf-schema.ts';
import { rollout } from './rollout-schema.ts';
import { strategy } from './strategy-schema.ts';
import { dns, health, routing, tls } from './traffic-schema.ts';

/**
 * The one definition of the FederatedIngress document. HTTP bodies, Temporal inputs, OpenAPI and the editor's JSON Schema
 * come from it. What a single field cannot say is checked in `semantics.ts`.
 */

const preview = object({
  host: host().optional().meta({ description: 'Default: `preview.<host>`.' }),
}).meta({
  description: 'A hostname of its own for what a rollout brings, before any traffic moves. Absent: there is none.',
});

const spec = object({
  host: host().meta({ description: 'The global hostname.' }),
  preview: preview.optional(),
  leaf,
  backends: list(backend, 'backends', LIMITS.backends).meta({ description: 'Where it is to be served in the end.' }),
  strategy: strategy.prefault({ direct: {} }).meta({ description: 'How to get there. Absent: in one shift.' }),
  rollout: rollout.prefault({}),
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
