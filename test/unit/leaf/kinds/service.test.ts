import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../../src/planes/leaf/kinds/all.ts';
import type { Related } from '../../../../src/planes/leaf/kinds/kind.ts';
import {
  anIntent,
  anObject,
  aService,
  aTarget,
  east,
  LEAVES,
  sentence,
  specOf,
  unrelated,
  verdict,
} from './builders.ts';

const kind = kindOf('Service');
const ref = { kind: 'Service', cluster: 'east', namespace: 'default', name: 'shop-edge' } as const;
const intent = anIntent(LEAVES.loadBalancer, { ref });
const target = aTarget(LEAVES.asItIs, { owned: false });

function aNode(
  addresses: Readonly<Record<string, string>>,
  overrides: { ready?: string; metadata?: object; spec?: object } = {},
) {
  const { ready = 'True', metadata = {}, spec = {} } = overrides;
  const status = {
    conditions: [
      { type: 'MemoryPressure', status: 'False' },
      { type: 'Ready', status: ready },
    ],
    addresses: Object.entries(addresses).map(([type, address]) => ({ type, address })),
  };
  return anObject('Node', { spec, status }, metadata);
}
const nodes = (...all: ReturnType<typeof aNode>[]): Related => ({ kind: 'nodes', nodes: all });
const loadBalancer = (...ingress: object[]) => aService({ type: 'LoadBalancer' }, { loadBalancer: { ingress } });
const nodePort = aService({
  type: 'NodePort',
  ports: [
    { port: 80, nodePort: 30_080 },
    { port: 81, nodePort: 30_081 },
  ],
});

describe('readiness of a Service', () => {
  it.each([
    ['a load balancer with an address', loadBalancer({ ip: '203.0.113.7' }), unrelated, 'fine'],
    ['a load balancer with a name', loadBalancer({ hostname: 'lb.example.net' }), unrelated, 'fine'],
    ['a load balancer that is not there yet', loadBalancer(), unrelated, 'NoAddress momentary'],
    ['node ports', nodePort, nodes(aNode({ InternalIP: '10.0.0.1' })), 'fine'],
    [
      'node ports, and nodes that were not listed yet',
      nodePort,
      { kind: 'nodes', nodes: undefined } as const,
      'undecided',
    ],
    ['node ports, and nothing known of nodes', nodePort, unrelated, 'undecided'],
    [
      'node ports without a ready node',
      nodePort,
      nodes(aNode({ InternalIP: '10.0.0.1' }, { ready: 'Unknown' })),
      'NoReadyNode momentary',
    ],
    ['a node port that was not given out yet', aService({ type: 'NodePort' }), nodes(), 'NoNodePort momentary'],
    ['a Service for the inside', aService({ type: 'ClusterIP' }), unrelated, 'WrongServiceType'],
    ['a Service without a type', aService({}), unrelated, 'WrongServiceType'],
    [
      'a Service without the port',
      aService({ type: 'LoadBalancer', ports: [{ port: 8080 }] }),
      unrelated,
      'PortNotFound',
    ],
  ])('%s', (_name, service, related, expected) => {
    expect(verdict(kind.accepted(service, target, related))).toBe(expected);
  });

  it('is told in sentences that say what to do', () => {
    const inside = aTarget(LEAVES.asItIs, { owned: false, ref: { ...ref, name: 'shop-v1' } });
    expect(sentence(kind.accepted(aService({ type: 'ClusterIP' }), inside, unrelated))).toBe(
      'Service default/shop-v1 in cluster east has type ClusterIP, which cannot be reached from outside; LoadBalancer or NodePort is wanted: change its type, or set spec.leaf.type so that Sluice makes a Service beside it',
    );
    expect(sentence(kind.accepted(loadBalancer(), inside, unrelated))).toBe(
      'Service default/shop-v1 in cluster east has no address: no controller of the default load balancer class has written one to its status',
    );
    expect(sentence(kind.accepted(nodePort, inside, nodes(aNode({}))))).toContain(
      'none of the 1 nodes of cluster east is ready',
    );
    expect(sentence(kind.accepted(aService({ ports: [{ port: 1 }, { port: 2 }] }), inside, unrelated))).toBe(
      'Service default/shop-v1 in cluster east has no port 80: its ports are 1, 2',
    );
  });
});

describe('a Service is reached', () => {
  it('at its load balancer and its own port', () => {
    const service = loadBalancer({ ip: '203.0.113.7' }, { ip: '203.0.113.6' }, { hostname: 'lb.example.net' });
    expect(kind.reach(service, target, unrelated)).toEqual({
      addresses: ['203.0.113.6', '203.0.113.7'],
      hostnames: ['lb.example.net'],
      port: 80,
    });
  });

  it.each([
    ['at the node port of its port', [aNode({ InternalIP: '10.0.0.1' })], ['10.0.0.1']],
    [
      'at the outer address of a node rather than the inner one',
      [aNode({ InternalIP: '10.0.0.1', ExternalIP: '203.0.113.1', Hostname: 'one' })],
      ['203.0.113.1'],
    ],
    [
      'at all ready nodes',
      [
        aNode({ InternalIP: '10.0.0.2' }),
        aNode({ InternalIP: '10.0.0.1' }),
        aNode({ InternalIP: '10.0.0.3' }, { ready: 'False' }),
      ],
      ['10.0.0.1', '10.0.0.2'],
    ],
    [
      'not at a node that is kept from load balancers',
      [
        aNode(
          { InternalIP: '10.0.0.1' },
          { metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } } },
        ),
      ],
      [],
    ],
    [
      'not at a node that is being deleted',
      [aNode({ InternalIP: '10.0.0.1' }, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })],
      [],
    ],
    [
      'not at a node that the autoscaler takes away',
      [aNode({ InternalIP: '10.0.0.1' }, { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler' }] } })],
      [],
    ],
    [
      'at a cordoned node: its pods still serve',
      [aNode({ InternalIP: '10.0.0.1' }, { spec: { unschedulable: true } })],
      ['10.0.0.1'],
    ],
  ])('%s', (_name, all, addresses) => {
    expect(kind.reach(nodePort, target, nodes(...all))).toEqual({ addresses, hostnames: [], port: 30_080 });
  });

  it('nowhere while its type or node port is not the one', () => {
    const nowhere = { addresses: [], hostnames: [] };
    expect(kind.reach(aService({}), target, nodes(aNode({ InternalIP: '10.0.0.1' })))).toEqual(nowhere);
    expect(kind.reach(aService({ type: 'NodePort' }), target, nodes(aNode({ InternalIP: '10.0.0.1' })))).toEqual(
      nowhere,
    );
  });
});

describe('what a Service is watched with', () => {
  it.each([
    ['made with a load balancer', LEAVES.loadBalancer, undefined, 'none'],
    ['made with node ports', LEAVES.nodePort, undefined, 'nodes'],
    ['used as it is, not seen yet', LEAVES.asItIs, undefined, 'nodes'],
    ['used as it is, with node ports', LEAVES.asItIs, nodePort, 'nodes'],
    ['used as it is, with a load balancer', LEAVES.asItIs, loadBalancer(), 'none'],
  ])('%s', (_name, leaf, service, expected) => {
    expect(kind.related(aTarget(leaf), service).kind).toBe(expected);
  });
});

describe('a Service that is made for a workload', () => {
  const found = (service: ReturnType<typeof aService>) => ({ services: new Map([['shop-v1', service]]) });

  it('asks for the workload’s own Service, and for none when that is used as it is', () => {
    expect(kind.services(intent)).toEqual(['shop-v1']);
    expect(kind.services(anIntent(LEAVES.asItIs))).toEqual([]);
  });

  it('has its selector and no other port than the one that is served', () => {
    const ports = [
      { name: 'web', port: 80, targetPort: 'http', appProtocol: 'kubernetes.io/h2c', nodePort: 30_000 },
      { name: 'admin', port: 9000, targetPort: 9000 },
    ];
    expect(
      specOf(
        kind.manifest(
          intent,
          east,
          found(aService({ ports, clusterIP: '10.1.1.1', selector: { app: 'a', tier: 'web' } })),
        ),
      ),
    ).toEqual({
      type: 'LoadBalancer',
      selector: { app: 'a', tier: 'web' },
      ports: [{ name: 'web', protocol: 'TCP', port: 80, targetPort: 'http', appProtocol: 'kubernetes.io/h2c' }],
    });
  });

  it.each([
    ['is not there', {}, 'ServiceNotFound', true],
    ['has no selector', found(aService({ selector: undefined })), 'ServiceWithoutSelector', false],
    ['has not the port', found(aService({ ports: [{ port: 81 }] })), 'PortNotFound', true],
  ])('is refused while the workload’s Service %s', (_name, services, reason, retryable) => {
    expect(kind.manifest(intent, east, services)).toMatchObject({ kind: 'refused', reason, retryable });
  });
});
