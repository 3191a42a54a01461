import { documentSchema } from '../../spec/schema.ts';
import { type Column, type CustomResourceDefinition, define } from './definition.ts';
import { federatedIngressStatusSchema } from './federated-ingress-status.ts';
import { withRules } from './rules.ts';
import { bounded, property, type StructuralSchema, structuralSchema } from './structural.ts';

const COLUMNS: readonly Column[] = [
  { name: 'Host', type: 'string', jsonPath: '.spec.host', description: 'The global hostname.' },
  { name: 'Strategy', type: 'string', jsonPath: '.status.strategy', description: 'How it gets there.' },
  { name: 'Step', type: 'string', jsonPath: '.status.step', description: 'Where the rollout is.' },
  { name: 'Shares', type: 'string', jsonPath: '.status.shares', description: 'Per cent in force, a cluster.' },
  { name: 'Ready', type: 'string', jsonPath: '.status.readyClusters', description: 'Clusters that serve it.' },
  wide('State', 'string', '.status.state', 'One word for the whole.'),
  wide('Reason', 'string', '.status.conditions[?(@.type=="Ready")].reason', 'Why it is ready or is not.'),
  wide('Accepted', 'string', '.status.conditions[?(@.type=="Accepted")].status', 'Whether the newest spec is right.'),
  wide('Clusters', 'string', '.status.clusters', 'Where it is served.'),
  wide('Revision', 'integer', '.status.revision', 'What was published last.'),
  wide('Message', 'string', '.status.message', 'What it is doing or waiting for.'),
];

/**
 * The FederatedIngress as a kind of the hub. The spec is that of the other doors; metadata is Kubernetes' own, but for the
 * name, which has to be a DNS label there too.
 */
export function federatedIngressDefinition(): CustomResourceDefinition {
  const document = bounded(structuralSchema(documentSchema));
  return define({
    kind: 'FederatedIngress',
    plural: 'federatedingresses',
    shortNames: ['fi', 'fing'],
    scope: 'Namespaced',
    description: 'One global hostname, served by backends in many clusters, changed step by step.',
    name: nameSchema(document),
    spec: withRules(property(document, 'spec')),
    status: structuralSchema(federatedIngressStatusSchema),
    columns: COLUMNS,
  });
}

function nameSchema(document: StructuralSchema): StructuralSchema {
  return property(property(document, 'metadata'), 'name');
}

function wide(name: string, type: Column['type'], jsonPath: string, description: string): Column {
  return { name, type, jsonPath, description, priority: 1 };
}
