import { DEFAULTS, LIMITS } from './defaults.ts';
import { choice, dnsLabel, integer, labelKey, labels, list, object, path, text } from './fields.ts';

/** The fields of the document that say where the hostname is to be served. Part of `documentSchema`. */

const service = object({ name: dnsLabel(), port: integer(1, 65_535) }).meta({
  description: 'A Service in the namespace of the backend.',
});

const route = object({
  path: path(),
  pathType: choice(['Prefix', 'Exact', 'ImplementationSpecific']).default(DEFAULTS.pathType),
  service,
});

const labelValue = text(/^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$/, {
  maximum: LIMITS.label,
  allowed: `the value of a label, at most ${LIMITS.label} characters, such as "eu"`,
});

const expression = object({
  key: labelKey(),
  operator: choice(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: list(labelValue, 'values', LIMITS.selectorValues).optional().meta({ description: 'For In and NotIn only.' }),
});

const clusterSelector = object({
  matchLabels: labels().optional().meta({ description: 'Labels that a cluster must have.' }),
  matchExpressions: list(expression, 'conditions', LIMITS.selectorParts).optional().meta({
    description: 'Further conditions; all must hold. NotIn also holds for a cluster without the label.',
  }),
});

const weight = () => integer(0, LIMITS.weight);

const clusterWeight = object({
  matchLabels: labels().meta({ description: 'Labels that a cluster must have for this weight.' }),
  weight: weight(),
});

const spread = object({
  by: labelKey().optional().meta({
    description: 'Over the values of this label as evenly as can be; clusters without it count as one value.',
  }),
  maxClusters: integer(1, LIMITS.backends).meta({ description: 'At most as many clusters.' }),
});

export const backend = object({
  name: dnsLabel().meta({ description: 'What people call it. Its identity is cluster, namespace and routes.' }),
  cluster: dnsLabel().optional().meta({ description: 'A registered cluster.' }),
  clusterSelector: clusterSelector.optional().meta({
    description:
      'Instead of `cluster`: each cluster with these labels, as backend `<name>-<cluster>`. {} is all of them.',
  }),
  clusterWeights: list(clusterWeight, 'weights', LIMITS.selectorParts).optional().meta({
    description: 'Instead of `weight` where a cluster has the labels; the first entry that fits counts.',
  }),
  spread: spread.optional().meta({ description: 'Some of the selected clusters. Absent: all of them.' }),
  namespace: dnsLabel().optional().meta({ description: 'Where its Services are. Default: metadata.namespace.' }),
  service: service.optional().meta({ description: 'Short for one route: Prefix / to this Service.' }),
  routes: list(route, 'routes', LIMITS.routesPerBackend).optional().meta({ description: 'Instead of `service`.' }),
  weight: weight()
    .optional()
    .meta({
      description:
        'Relative to the other backends, with clusterSelector of each cluster. 0 keeps the leaf without traffic. ' +
        'On all backends or on none.',
    }),
});
