import type * as z from 'zod';
import { DEFAULTS, LIMITS } from './defaults.ts';
import { choice, dnsLabel, duration, integer, list, literal, object, oneOf, path, strings, text } from './fields.ts';
import { host } from './host.ts';
import { dns, health, routing, tls } from './traffic-schema.ts';

/**
 * The one definition of the FederatedIngress document. HTTP bodies, Temporal inputs, OpenAPI and the editor's JSON Schema
 * come from it. What a single field cannot say is checked in `semantics.ts`.
 */

const service = object({ name: dnsLabel(), port: integer(1, 65_535) }).meta({
  description: 'A Service in the namespace of the backend.',
});

const route = object({
  path: path(),
  pathType: choice(['Prefix', 'Exact', 'ImplementationSpecific']).default(DEFAULTS.pathType),
  service,
});

const backend = object({
  name: dnsLabel().meta({ description: 'What people call it. Its identity is cluster, namespace and routes.' }),
  cluster: dnsLabel().meta({ description: 'A registered cluster.' }),
  namespace: dnsLabel().optional().meta({ description: 'Where its Services are. Default: metadata.namespace.' }),
  service: service.optional().meta({ description: 'Short for one route: Prefix / to this Service.' }),
  routes: list(route, 'routes', LIMITS.routesPerBackend).optional().meta({ description: 'Instead of `service`.' }),
  weight: integer(0, LIMITS.weight).optional().meta({
    description: 'Relative to the other backends. 0 keeps the leaf without traffic. On all backends or on none.',
  }),
});

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
  canary: object({ steps: list(step, 'steps', LIMITS.steps), ...deadlines }),
  blueGreen: object({
    hold: pause.optional().meta({
      description: 'Before the flip: {} waits until promoted, {duration: 10m} for a time. Absent: no wait.',
    }),
    keepOld: duration('0s', LIMITS.pausesTotal).prefault(DEFAULTS.keepOld).meta({
      description: 'How long the old leaves stay after the flip.',
    }),
    ...deadlines,
  }),
});

const spec = object({
  host: host().meta({ description: 'The global hostname.' }),
  leaf: object({
    kind: literal('Ingress', ' (the only kind in this version)'),
    className: text(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, {
      maximum: LIMITS.host,
      allowed: 'the name of an IngressClass, such as "contour"',
    }).optional(),
  }).meta({ description: 'The kind of object that is made in the clusters.' }),
  backends: list(backend, 'backends', LIMITS.backends).meta({ description: 'Where it is to be served in the end.' }),
  strategy: strategy.prefault({ direct: {} }).meta({ description: 'How to get there. Absent: in one shift.' }),
  dns: dns.prefault({}),
  routing: routing.prefault({ weighted: {} }).meta({ description: 'Which cluster a client gets. Absent: by weight.' }),
  health: health.prefault({}),
  tls: tls.optional(),
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
