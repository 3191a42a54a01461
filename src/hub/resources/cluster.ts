import * as z from 'zod';
import { conditions } from './common.ts';
import { type CustomResourceDefinition, define } from './definition.ts';
import { bounded, structuralSchema } from './structural.ts';

const text = (maximum: number) => z.string().min(1).max(maximum);
const port = (standard: number) => z.int().min(1).max(65_535).default(standard);
const classes = (description: string) =>
  z.record(z.string(), z.string().min(1).max(253)).default({}).meta({ description });

const kubeconfig = z
  .object({
    secretRef: z
      .object({
        name: text(253).meta({ description: "A Secret in Sluice's namespace of the hub." }),
        key: text(253).default('kubeconfig').meta({ description: 'The field of it that holds a kubeconfig.' }),
      })
      .optional(),
    context: text(253)
      .optional()
      .meta({ description: "A context of the kubeconfig that Sluice's own processes reach the hub with." }),
  })
  .meta({ description: 'How the cluster is reached: write secretRef or context.', minProperties: 1, maxProperties: 1 });

/** What a Cluster object says, with its defaults. The labels of the cluster are the labels of the object. */
export const clusterSpecSchema = z.object({
  kubeconfig,
  gateway: z
    .object({
      httpPort: port(80).meta({ description: 'Where its gateways take HTTP.' }),
      httpsPort: port(443).meta({ description: 'Where they take HTTPS.' }),
      cidrs: z.array(text(50)).max(256).default([]).meta({
        description:
          'Networks that addresses of gateways may be in. Empty: any but loopback, link-local and multicast.',
      }),
    })
    .prefault({}),
  classes: z
    .object({
      ingress: classes('What an IngressClass of a spec is called in this cluster, if not the same.'),
      gateway: classes('What a GatewayClass of a spec is called in this cluster, if not the same.'),
    })
    .prefault({}),
});

const statusSchema = z.object({
  version: z.string().optional().meta({ description: "The version of the cluster's API server." }),
  observedGeneration: z.int().optional(),
  missingRights: z.array(z.string()).optional().meta({ description: 'What Sluice needs and may not do there.' }),
  surplusRights: z.array(z.string()).optional().meta({ description: 'What Sluice may do there without need.' }),
  conditions: conditions(),
});

/** A member cluster. */
export function clusterDefinition(): CustomResourceDefinition {
  return define({
    kind: 'Cluster',
    plural: 'clusters',
    // `cl` and `clusters` alone are taken by half a dozen other projects.
    shortNames: ['scl'],
    scope: 'Cluster',
    description: 'A member cluster. Placement goes by the labels of this object.',
    name: { type: 'string', maxLength: 63, pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' },
    spec: bounded(structuralSchema(clusterSpecSchema)),
    status: structuralSchema(statusSchema),
    columns: [
      {
        name: 'Ready',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Ready")].status',
        description: 'It can be used: reached, with all the rights that are needed.',
      },
      {
        name: 'Reachable',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Reachable")].status',
        description: 'Its API server answers.',
      },
      { name: 'Version', type: 'string', jsonPath: '.status.version', description: 'Of its API server.' },
      {
        name: 'Reason',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
        description: 'Why it is ready or is not.',
        priority: 1,
      },
      {
        name: 'Message',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Ready")].message',
        description: 'The same in a sentence.',
        priority: 1,
      },
    ],
  });
}
