import type { StructuralSchema } from './structural.ts';

/** A CustomResourceDefinition, as far as Sluice writes one. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean';
  readonly jsonPath: string;
  readonly description: string;
  /** 1: only with `kubectl get -o wide`. */
  readonly priority?: 0 | 1;
}

interface Definition {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly description: string;
  /** What a metadata schema may restrict is the name alone. */
  readonly name: StructuralSchema;
  readonly spec: StructuralSchema;
  readonly status: StructuralSchema;
  readonly columns: readonly Column[];
}

const GROUP = 'sluice.dev';
const VERSION = 'v1alpha1';

export const PART_OF = { 'app.kubernetes.io/part-of': 'sluice' } as const;

/** All of Sluice's kinds have a status and no scale: what they have of replicas is shares, which `kubectl scale` cannot say. */
export function define(definition: Definition): CustomResourceDefinition {
  const { kind, plural, shortNames, scope, columns } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}`, labels: PART_OF },
    spec: {
      group: GROUP,
      scope,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ['sluice'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schemaOf(definition) },
          subresources: { status: {} },
          additionalPrinterColumns: [...columns, AGE],
        },
      ],
    },
  };
}

const AGE: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Since the object was made.',
};

function schemaOf({ description, name, spec, status }: Definition): StructuralSchema {
  return {
    type: 'object',
    description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object', properties: { name } },
      spec,
      status,
    },
  };
}
