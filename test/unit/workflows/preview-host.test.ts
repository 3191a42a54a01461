import { describe, expect, it, vi } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import type { GlobalIngress } from '../../../src/plan/global-ingress.ts';
import { previewLeafName } from '../../../src/plan/leaves.ts';
import type { Allocation } from '../../../src/plan/types.ts';
import type { LeafIntent } from '../../../src/planes/leaf/leaf.ts';
import { parse } from '../../../src/spec/parse.ts';
import type { Backend } from '../../../src/spec/types.ts';
import type { Entity } from '../../../src/workflows/entity.ts';
import { leafIntents, reweighted } from '../../../src/workflows/leaf-intents.ts';
import { isPreviewBehind, needlessPreviews, previewShares, previewState } from '../../../src/workflows/preview-host.ts';
import { aDocument } from '../spec/documents.ts';

// Pure functions of workflow code: nothing of Temporal is called.
vi.mock('@temporalio/workflow', () => ({}));
vi.mock('../../../src/workflows/activities.ts', () => ({}));

function aBackend(name: string, cluster = 'east'): Backend {
  const routes = [{ path: '/', pathType: 'Prefix', service: { name, port: 80 } }] as const;
  return { name, cluster, namespace: 'default', routes, weight: 1 };
}

const [V1, V2, V3] = [aBackend('v1'), aBackend('v2'), aBackend('v3', 'west')] as const;
const HTTP_ROUTE = { kind: 'HTTPRoute', gateway: { name: 'public' } };
const HOST = 'shop.example.test';
const PREVIEW = `preview.${HOST}`;

type Share = readonly [Backend, number];

function allocation(...shares: readonly Share[]): Allocation {
  return {
    backends: shares.map(([backend]) => backend),
    shares: Object.fromEntries(shares.map(([backend, share]) => [backendId(backend), share])),
  };
}

interface Scene {
  /** What a rollout under way leads to; absent: there is none. */
  readonly to?: Allocation;
  readonly published: Allocation;
  readonly unready?: readonly Backend[];
  readonly rest?: Partial<Entity>;
}

function anEntity({ to, published, unready = [], rest = {} }: Scene): Entity {
  const parsed = parse(aDocument({ leaf: HTTP_ROUTE, preview: {} }));
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.issues));
  const all = [V1, V2, V3].map((backend) => ({ id: backendId(backend), isReady: !unready.includes(backend) }));
  const readiness = all.map(({ id, isReady }) => [id, { kind: isReady ? 'ready' : 'notReady', backend: id }]);
  // Only what the preview host hangs on.
  return {
    namespace: 'default',
    name: 'shop',
    spec: { ...parsed.value, backends: to?.backends ?? published.backends },
    published,
    inForce: published,
    readiness: Object.fromEntries(readiness),
    addresses: Object.fromEntries(all.map(({ id }) => [id, ['127.0.0.11']])),
    ...(to === undefined ? {} : { rollout: { plan: { to } } }),
    ...rest,
  } as unknown as Entity;
}

const named = ({ backends, shares }: Allocation) =>
  Object.fromEntries(
    backends.map((backend) => [backend.name, shares[backendId(backend)] ?? 0]).filter(([, share]) => share !== 0),
  );

const LIVE = allocation([V1, 10_000]);
const BESIDE = allocation([V1, 10_000], [V2, 0], [V3, 0]);
const TO = allocation([V2, 5_000], [V3, 5_000]);

describe('the preview host is answered with', () => {
  it.each<[what: string, scene: Scene, expected: Record<string, number>]>([
    ['the same as the host, when nothing is rolled out', { published: LIVE }, { v1: 10_000 }],
    ['the new side, before any share has moved', { to: TO, published: BESIDE }, { v2: 5_000, v3: 5_000 }],
    [
      'the new side, while shares move',
      { to: TO, published: allocation([V1, 8_000], [V2, 1_000], [V3, 1_000]) },
      { v2: 5_000, v3: 5_000 },
    ],
    ['what of the new side is ready', { to: TO, published: BESIDE, unready: [V2] }, { v3: 10_000 }],
    ['what of it planes can reach', { to: TO, published: allocation([V1, 10_000], [V3, 0]) }, { v3: 10_000 }],
    [
      'exactly 10,000 basis points, whatever is ready',
      { to: allocation([V1, 3_333], [V2, 3_333], [V3, 3_334]), published: BESIDE, unready: [V3] },
      { v1: 5_000, v2: 5_000 },
    ],
    [
      'the same as the host, until any of it is ready',
      { to: TO, published: BESIDE, unready: [V2, V3] },
      { v1: 10_000 },
    ],
    [
      'the same as the host, once it goes back',
      { to: TO, published: BESIDE, rest: { rollout: { plan: { to: TO }, rollback: {} } as never } },
      { v1: 10_000 },
    ],
    [
      'the same as the host, when the rollout has ended',
      { to: TO, published: BESIDE, rest: { rollout: { plan: { to: TO }, outcome: {} } as never } },
      { v1: 10_000 },
    ],
  ])('%s', (_what, scene, expected) => {
    const entity = anEntity(scene);
    expect(named(previewShares(entity, entity.published))).toEqual(expected);
  });
});

describe('what planes are told of the preview host', () => {
  const state = { host: HOST, owner: { namespace: 'default', name: 'shop' }, revision: 7 } as GlobalIngress;

  it('is a state of its own that names its host, with nobody who has no part in it', () => {
    const entity = anEntity({ to: TO, published: BESIDE });
    expect(isPreviewBehind(entity, BESIDE)).toBe(true);
    expect(previewState(entity, state)).toMatchObject({
      host: PREVIEW,
      previewOf: HOST,
      revision: 7,
      targets: [
        { cluster: 'east', share: 5_000 },
        { cluster: 'west', share: 5_000 },
      ],
    });
    expect(isPreviewBehind(entity, BESIDE)).toBe(false);
    entity.readiness = anEntity({ published: BESIDE, unready: [V3] }).readiness;
    expect(isPreviewBehind(entity, BESIDE)).toBe(true);
  });

  it('is nothing to be heard of before anything serves', () => {
    expect(isPreviewBehind(anEntity({ to: TO, published: allocation() }), allocation())).toBe(false);
  });

  it('gives up what was claimed and is not wanted, but for what a queued document may want', () => {
    const previewHosts = ['old.example.test', PREVIEW];
    expect(needlessPreviews(anEntity({ published: LIVE, rest: { previewHosts } }))).toEqual(['old.example.test']);
    const queued = { document: {}, at: 0 };
    expect(needlessPreviews(anEntity({ published: LIVE, rest: { previewHosts, queued } }))).toEqual([]);
  });
});

describe('the route of the preview host', () => {
  const ref = { kind: 'HTTPRoute', cluster: 'east', namespace: 'default', name: previewLeafName('shop') } as const;
  const to = allocation([V2, 10_000]);
  const published = allocation([V1, 10_000], [V2, 0]);
  const shares = (intents: readonly LeafIntent[]) =>
    intents.map(({ backends }) => backends.map(({ backend, share }) => [backend.name, share]));

  it('leads to the new side alone, as soon as it is written, while that of the host leads to the old one', () => {
    const intents = leafIntents(anEntity({ to, published, unready: [V2] }), [ref, { ...ref, name: 'shop' }]);
    expect(intents.map(({ preview }) => preview)).toEqual([{ host: PREVIEW }, { host: PREVIEW }]);
    expect(shares(intents)).toEqual([
      [['v2', 10_000]],
      [
        ['v1', 10_000],
        ['v2', 0],
      ],
    ]);
  });

  it('stays as it is while shares move, and leads back with a rollback', () => {
    const entity = anEntity({ to, published });
    entity.written = leafIntents(entity, [ref]).map((intent) => ({ intent }));
    expect(reweighted(entity, allocation([V1, 5_000], [V2, 5_000]))).toEqual([]);
    entity.rollout = { plan: { to }, rollback: { reason: 'Aborted', message: '' } } as never;
    expect(shares(reweighted(entity, published))).toEqual([
      [
        ['v1', 10_000],
        ['v2', 0],
      ],
    ]);
  });
});
