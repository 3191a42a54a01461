import { DEFAULTS, LIMITS } from './defaults.ts';
import { choice, dnsLabel, duration, integer, list, object, objectName, oneOf, path, text } from './fields.ts';
import { host } from './host.ts';

/** The fields of the document that say how traffic finds its cluster. Part of `documentSchema`. */

export const dns = object({
  ttl: duration('1s', '24h').prefault(DEFAULTS.ttl).meta({ description: 'TTL of the address records.' }),
  rolloutTtl: duration('1s', '24h')
    .optional()
    .meta({
      description: `The TTL while a rollout moves shares, at most ttl. Default: ${DEFAULTS.rolloutTtl}, or ttl if shorter.`,
    }),
  draw: choice(['stratified', 'sticky'])
    .default(DEFAULTS.draw)
    .meta({ description: 'How answers are drawn: by exact counts, or the same cluster for the same client.' }),
});

export const clusters = () => list(dnsLabel(), 'clusters', LIMITS.backends);

const region = object({
  name: dnsLabel().meta({ description: 'A region of the DNS servers, each once.' }),
  clusters: clusters().meta({ description: 'Who serves clients of the region, by weight.' }),
});

export const routing = oneOf('routing', {
  weighted: object({}, '{}, the weights are with the backends').meta({ description: 'By weight.' }),
  failover: object({
    clusters: clusters().meta({ description: 'Every cluster of the backends once, the preferred one first.' }),
  }).meta({ description: 'The first cluster that is healthy. A backend of weight 0 is passed over.' }),
  geo: object({ regions: list(region, 'regions', LIMITS.regions) }).meta({
    description: 'By the region of the client; all clusters step in when none of it is healthy.',
  }),
});

const port = () =>
  integer(1, 65_535).optional().meta({
    description: "Default: where the cluster's gateway takes HTTP, for https where it takes HTTPS.",
  });

const statusRange = text(/^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$/, {
  maximum: 7,
  allowed: 'a status code or a range of them, in quotes, such as "200" or "200-399"',
});

export const statuses = () => list(statusRange, 'status codes', LIMITS.statusRanges);

const httpProbe = object({
  path: path().default(DEFAULTS.healthPath),
  host: host().optional().meta({ description: 'The Host header and server name. Default: the hostname itself.' }),
  port: port(),
  statuses: statuses()
    .default([...DEFAULTS.healthStatuses])
    .meta({ description: 'Status codes that pass.' }),
});

const threshold = () => integer(1, LIMITS.threshold);

export const health = object({
  http: httpProbe.optional().meta({ description: 'One GET. The default, with path /.' }),
  https: httpProbe.optional().meta({ description: 'One GET over TLS. Instead of `http`.' }),
  tcp: object({ port: port() }).optional().meta({ description: 'A connection that opens. Instead of `http`.' }),
  interval: duration('1s', '5m').prefault(DEFAULTS.healthInterval),
  timeout: duration('1s', '1m')
    .optional()
    .meta({ description: `At most the interval. Default: ${DEFAULTS.healthTimeout}, or the interval if shorter.` }),
  unhealthyThreshold: threshold().default(DEFAULTS.unhealthyThreshold),
  healthyThreshold: threshold().default(DEFAULTS.healthyThreshold),
  failOpenPercent: integer(0, 100).default(DEFAULTS.failOpenPercent).meta({
    description: 'When more than this part of the share would go, all clusters are treated as healthy.',
  }),
}).meta({ description: 'The probe from outside that a leaf has to pass before it gets traffic, and to keep it.' });

export const tls = object({
  secretName: objectName('a Secret', 'shop-tls').meta({
    description: 'A Secret of type kubernetes.io/tls in the namespace of each backend.',
  }),
  from: choice(['hub', 'cluster']).optional().meta({
    description: 'Copied from the hub, or expected in each cluster. Default: from the hub if there is one.',
  }),
}).meta({ description: 'Present: served over TLS as well.' });
