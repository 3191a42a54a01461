import * as z from 'zod';
import { globalIngressSchema } from '../../planes/store/schema.ts';
import { conditions, listMap, time } from './common.ts';
import { type CustomResourceDefinition, define } from './definition.ts';
import { type StructuralSchema, structuralSchema } from './structural.ts';

/** Who serves which revision: each DNS and Envoy instance keeps its own entry. */
const statusSchema = z.object({
  instances: z
    .array(
      z.object({
        name: z.string(),
        revision: z.int().meta({ description: 'The revision that this instance serves.' }),
        time: time().optional(),
      }),
    )
    .optional()
    .meta({ description: 'What each instance of a plane serves.', ...listMap('name') }),
  conditions: conditions(),
});

/** The compiled traffic state of one hostname. Sluice writes it and planes watch it; people read it. */
export function globalIngressDefinition(): CustomResourceDefinition {
  return define({
    kind: 'GlobalIngress',
    plural: 'globalingresses',
    shortNames: ['gi'],
    scope: 'Cluster',
    description: 'The traffic state of one hostname, which is its name: written by Sluice, watched by DNS and Envoy.',
    name: { type: 'string', maxLength: 253 },
    spec: withoutOwner(structuralSchema(globalIngressSchema)),
    status: structuralSchema(statusSchema),
    columns: [
      { name: 'Namespace', type: 'string', jsonPath: '.spec.owner.namespace', description: 'Of its FederatedIngress.' },
      { name: 'Owner', type: 'string', jsonPath: '.spec.owner.name', description: 'Its FederatedIngress.' },
      { name: 'Revision', type: 'integer', jsonPath: '.spec.revision', description: 'Grows with each change.' },
      { name: 'TTL', type: 'integer', jsonPath: '.spec.ttlSeconds', description: 'Of the address records, seconds.' },
      { name: 'TLS', type: 'boolean', jsonPath: '.spec.tls', description: 'Served over TLS as well.', priority: 1 },
    ],
  });
}

/** A hostname that was given up keeps its revision and has no owner: the next one's revisions go on from it. */
function withoutOwner(spec: StructuralSchema): StructuralSchema {
  const required = Array.isArray(spec['required']) ? spec['required'].filter((name) => name !== 'owner') : [];
  return { ...spec, required };
}
