import { hostOf, type Side } from './places.ts';

/** The steps from where traffic is to where the document wants it. */
export type Strategy = 'hold' | 'half' | 'steady' | 'fiveSteps' | 'oneStep';

const STRATEGIES: Readonly<Record<Strategy, unknown>> = {
  /** Everything at once, when promoted. */
  hold: { blueGreen: { hold: {} } },
  /** One half, until promoted. */
  half: { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } },
  /** Half a minute, all by itself. */
  steady: {
    canary: {
      steps: [10, 20, 30, 40, 50, 60, 70, 80, 90].flatMap((weight) => [
        { setWeight: weight },
        { pause: { duration: '2s' } },
      ]),
    },
  },
  fiveSteps: { canary: { steps: [20, 40, 60, 80, 100].map((weight) => ({ setWeight: weight })) } },
  oneStep: { canary: { steps: [{ setWeight: 100 }] } },
};

/** All traffic to one of two clusters. Both keep their leaf: a rollout writes two and moves the shares. */
export function benchDocument(name: string, to: Side, strategy: Strategy): Readonly<Record<string, unknown>> {
  const service = { name: 'shop', port: 8_001 };
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'FederatedIngress',
    metadata: { name, namespace: 'default' },
    spec: {
      host: hostOf(name),
      leaf: { kind: 'Ingress', className: 'public' },
      backends: (['east', 'west'] as const).map((cluster) => ({
        name: cluster,
        cluster,
        service,
        weight: cluster === to ? 100 : 0,
      })),
      strategy: STRATEGIES[strategy],
      dns: { ttl: '1s' },
      health: { http: { path: '/healthz' }, interval: '30s', timeout: '2s' },
    },
  };
}
