import { choice, dnsLabel, object, objectName } from './fields.ts';
import { LEAF_KINDS } from './leaf-kinds.ts';

/** The fields of the document that say which objects are made in the clusters. Part of `documentSchema`. */

const gateway = object({
  name: objectName('a Gateway', 'public'),
  namespace: dnsLabel().optional().meta({ description: 'Default: the namespace of the backend.' }),
  sectionName: objectName('a listener', 'http').optional().meta({
    description: 'The listener. Default: every listener that lets the hostname in.',
  }),
});

export const leaf = object({
  kind: choice(LEAF_KINDS).meta({ description: 'HTTPRoute and Route can split between backends of one cluster.' }),
  className: objectName('a class', 'public')
    .optional()
    .meta({
      description:
        'Ingress: the IngressClass. HTTPRoute: the GatewayClass of a Gateway that is made beside it. ' +
        'The settings of a cluster may give it another name there.',
    }),
  gateway: gateway.optional().meta({ description: 'HTTPRoute: a Gateway that is there. Instead of `className`.' }),
  type: choice(['LoadBalancer', 'NodePort']).optional().meta({
    description: "Service: one of this type is made. Absent: the backend's own Service is used as it is.",
  }),
}).meta({ description: 'The kind of object that is made in the clusters.' });
