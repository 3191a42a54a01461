import { request } from 'node:http';
import type { ClusterConfig } from '../../../src/lib/kubernetes/cluster.ts';
import { type ClusterRegistry, createClusterRegistry } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { createLog } from '../../../src/lib/log.ts';
import { backendId } from '../../../src/plan/backend-id.ts';
import type { LeafRef } from '../../../src/plan/types.ts';
import { LeafError } from '../../../src/planes/leaf/errors.ts';
import type { DriftField, LeafIntent, LeafPlane, Readiness, ReadinessTarget } from '../../../src/planes/leaf/leaf.ts';
import { createLeafPlane } from '../../../src/planes/leaf/leaf-plane.ts';
import type { Backend, HealthCheck } from '../../../src/spec/types.ts';
import { testPlayground } from '../../support/playground.ts';
import { until } from '../../support/until.ts';

/** With the real API server, Contour and Envoy of the cluster east. */
export const east = testPlayground().cluster('east');
export const owner = { namespace: 'default', name: 'leaf-test' };
export const host = 'leaf-test.example.test';
export const log = createLog({ level: 'silent', name: 'test' });

export const backend: Backend = {
  name: 'v1',
  cluster: 'east',
  namespace: 'default',
  routes: [{ path: '/', pathType: 'Prefix', service: { name: 'shop', port: 8001 } }],
  weight: 1,
};

const health: HealthCheck = {
  probe: { kind: 'http', path: '/healthz', statuses: [{ from: 200, to: 399 }] },
  intervalSeconds: 1,
  timeoutSeconds: 1,
  unhealthyThreshold: 2,
  healthyThreshold: 2,
  failOpenPercent: 50,
};

export function aRef(kind: LeafRef['kind'] = 'Ingress', name = 'leaf-test'): LeafRef {
  return { kind, cluster: 'east', namespace: 'default', name };
}

export function anIntent(changed: Partial<LeafIntent> = {}): LeafIntent {
  return {
    ref: aRef(),
    owner,
    host,
    leaf: { kind: 'Ingress', className: 'contour' },
    drift: 'takeBack',
    backends: [{ backend, share: 10_000 }],
    ...changed,
  };
}

export function aTarget(changed: Partial<ReadinessTarget> = {}): ReadinessTarget {
  const of = changed.of ?? backend;
  return {
    backend: backendId(of),
    of,
    ref: aRef(),
    owned: true,
    leaf: { kind: 'Ingress', className: 'contour' },
    owner,
    host,
    health,
    lastAddresses: [],
    shared: false,
    ...changed,
  };
}

export function settings(cidrs: readonly string[] = ['127.0.0.0/8']): ClusterConfig {
  return {
    name: 'east',
    kubeconfig: { kind: 'file', path: east.adminKubeconfig },
    labels: {},
    gateway: { httpPort: east.httpPort, httpsPort: 443, cidrs },
    classes: { ingress: { public: 'contour' }, gateway: { public: 'contour' } },
  };
}

export function register(cidrs?: readonly string[]): ClusterRegistry {
  const registry = createClusterRegistry({ log });
  registry.set('config', [settings(cidrs)]);
  return registry;
}

/** A plane and what a test asks of it, all of which ends with `dispose`. */
export class Parts {
  readonly ending = new AbortController();
  readonly registry: ClusterRegistry;
  readonly plane: LeafPlane;

  constructor(registry = register(), plane = createLeafPlane({ registry, log })) {
    this.registry = registry;
    this.plane = plane;
  }

  apply(changed?: Partial<LeafIntent>): Promise<void> {
    return this.plane.apply(anIntent(changed), this.ending.signal);
  }

  remove(ref = aRef()): Promise<void> {
    return this.plane.remove(ref, owner, this.ending.signal);
  }

  follow(target?: Partial<ReadinessTarget>): Told<Readiness> {
    const told = new Told<Readiness>(wordOf);
    void this.plane.follow(aTarget(target), (one) => told.add(one), this.ending.signal);
    return told;
  }

  followDrift(...intents: readonly LeafIntent[]): Told<readonly DriftField[]> {
    const told = new Told<readonly DriftField[]>(driftWord);
    void this.plane.followDrift(intents, ({ fields }) => told.add(fields), this.ending.signal);
    return told;
  }

  [Symbol.dispose](): void {
    this.ending.abort();
    this.registry.close();
  }
}

/** What was told, as words. */
export class Told<T> {
  readonly all: T[] = [];
  readonly #word: (one: T) => string;
  /** When the latest was told, milliseconds. */
  at = 0;

  constructor(word: (one: T) => string) {
    this.#word = word;
  }

  add(one: T): void {
    this.all.push(one);
    this.at = performance.now();
  }

  get words(): readonly string[] {
    return this.all.map(this.#word);
  }

  /** Waits until this is the latest that was told. */
  async until(expected: string): Promise<T> {
    try {
      return await until(() => this.all.slice(-1).find((one) => this.#word(one) === expected), {
        what: expected,
        timeoutMs: 60_000,
      });
    } catch (error) {
      throw new Error(`told was: ${this.words.join(', ')}: ${JSON.stringify(this.all.at(-1))}`, { cause: error });
    }
  }
}

function wordOf(one: Readiness): string {
  return one.kind === 'ready' ? 'ready' : `${one.kind} ${one.reason}`;
}

/** Such as `.spec.rules[0].host by kubectl-edit`, or `none`. */
function driftWord(fields: readonly DriftField[]): string {
  const words = fields.map(
    ({ path, manager }) => `${path || 'removed'}${manager === undefined ? '' : ` by ${manager}`}`,
  );
  return words.join(', ') || 'none';
}

export async function refusal(promise: Promise<void>): Promise<LeafError> {
  const error: unknown = await promise.then(
    () => new Error('it was done'),
    (reason: unknown) => reason,
  );
  if (error instanceof LeafError) return error;
  throw error;
}

/** Waits until the gateway of east serves the hostname. */
export async function untilServed(name: string): Promise<void> {
  const url = `http://${east.address}:${east.httpPort}/`;
  const status = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = request(url, { headers: { host: name }, agent: false, timeout: 2_000 }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
  await until(async () => ((await status()) === 200 ? true : undefined), { what: `${name} is served` });
}
