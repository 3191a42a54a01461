import { afterEach, expect, it } from 'vitest';
import { followActivities, onlyNewVerdicts } from '../../../src/activities/follow.ts';
import type { ActivityDependencies } from '../../../src/activities/index.ts';
import type { Activities, Known } from '../../../src/activities/types.ts';
import { backendId } from '../../../src/plan/backend-id.ts';
import { place } from '../../../src/plan/placement.ts';
import type { LeafIntent, Readiness, ReadinessTarget } from '../../../src/planes/leaf/leaf.ts';
import { formatIssues } from '../../../src/spec/document.ts';
import { parse } from '../../../src/spec/parse.ts';
import type { Backend, FederatedIngress } from '../../../src/spec/types.ts';
import type { Observed } from '../../../src/workflows/messages.ts';
import { ScriptedClusters } from '../../feature/workflow/scripted-clusters.ts';
import { aDocument } from '../../feature/workflow/scripted-sluice.ts';
import { until } from '../../support/until.ts';
import { asActivity } from './activity-context.ts';

const EAST: Backend = { name: 'v1', cluster: 'east', namespace: 'default', routes: [], weight: 1 };
const ID = backendId(EAST);
const ADDRESS = '127.0.0.31';
const READY: Readiness = { backend: ID, kind: 'ready', addresses: [ADDRESS] };
const NOT_READY: Readiness = { backend: ID, kind: 'notReady', reason: 'NotFound', message: 'gone' };

const running: ReturnType<typeof asActivity>[] = [];
afterEach(async () => await Promise.all(running.splice(0).map((activity) => activity.cancel())));

function aScene() {
  const clusters = new ScriptedClusters({ east: { addresses: [ADDRESS] }, west: {} });
  const said: Observed[] = [];
  const report = async (_id: string, observed: Observed): Promise<void> => void said.push(observed);
  const { followReadiness } = followActivities({
    leaves: clusters,
    clusters,
    report,
  } as unknown as ActivityDependencies);
  const follow = (
    input: Partial<Parameters<Activities['followReadiness']>[0]>,
    info: Parameters<typeof asActivity>[0] = {},
  ) => {
    const activity = asActivity(info, () => followReadiness({ watch: 'one', targets: [{ ...TARGET }], ...input }));
    running.push(activity);
    return activity;
  };
  const untilSaid = async (what: string, ok: (observed: Observed) => boolean): Promise<Observed> =>
    await until(async () => said.find(ok), { what });
  return { clusters, said, follow, untilSaid };
}

const REF = { kind: 'Ingress', cluster: 'east', namespace: 'default', name: 'shop' } as const;
const TARGET: ReadinessTarget = {
  backend: ID,
  of: EAST,
  ref: REF,
  owned: true,
  leaf: { kind: 'Ingress' },
  owner: { namespace: 'default', name: 'shop' },
  host: 'shop.example.test',
  health: {} as never,
  lastAddresses: [],
  shared: false,
};
const LEAF: LeafIntent = {
  ref: REF,
  owner: TARGET.owner,
  host: TARGET.host,
  leaf: TARGET.leaf,
  drift: 'takeBack',
  backends: [{ backend: EAST, share: 0 }],
};
/** A spec that goes by labels and was placed in one cluster of two. */
function aPlacement(): FederatedIngress {
  const backends = [{ name: 'web', clusterSelector: {}, service: { name: 'shop', port: 80 } }];
  const parsed = parse(aDocument({ backends }));
  if (parsed.kind === 'invalid') throw new Error(formatIssues(parsed.issues));
  return place(parsed.value, [{ name: 'east', labels: {} }], []);
}

function known(...readiness: readonly Readiness[]): Known {
  return { readiness, isPlaced: true };
}

it.each([
  { what: 'nothing of it is known', input: {} },
  { what: 'another verdict is known', input: { known: known(NOT_READY) } },
  { what: 'another address is known', input: { known: known({ ...READY, addresses: ['127.0.0.99'] }) } },
  { what: 'it is not the first attempt', input: { known: known(READY) }, info: { attempt: 2 } },
])('reports the first verdict when $what', async ({ input, info }) => {
  const { follow, untilSaid } = aScene();
  follow(input, info);
  expect(await untilSaid('a verdict', ({ readiness }) => readiness !== undefined)).toEqual({
    watch: 'one',
    readiness: [READY],
  });
});

it('takes a verdict for news when it differs from what is known or was told last', () => {
  const told: Readiness[] = [];
  const tell = onlyNewVerdicts([READY], (readiness) => told.push(readiness));
  const elsewhere: Readiness = { ...READY, addresses: ['127.0.0.41'] };
  for (const readiness of [READY, elsewhere, elsewhere, NOT_READY, READY]) tell(readiness);
  expect(told).toEqual([elsewhere, NOT_READY, READY]);
});

it('says nothing of what is known, and what comes after', async () => {
  const { follow, said, clusters, untilSaid } = aScene();
  follow({ known: known(READY), leaves: [LEAF] });
  clusters.change(REF, [{ path: '.spec', wanted: '2', found: '1' }]);
  await untilSaid('the change of the leaf', ({ drift }) => drift !== undefined);
  clusters.move('east', ['127.0.0.41']);
  await untilSaid('the new address', ({ readiness }) => readiness !== undefined);
  expect(said).toMatchObject([{ drift: [{ ref: REF }] }, { readiness: [{ addresses: ['127.0.0.41'] }] }]);
  expect(said[0]).not.toHaveProperty('readiness');
});

it('reports in a later attempt that a leaf is as it was written: the one before may have said something else', async () => {
  const { follow, untilSaid } = aScene();
  follow({ known: known(READY), leaves: [LEAF] }, { attempt: 2 });
  const said = await untilSaid('the leaf', ({ drift }) => drift !== undefined);
  expect(said.drift).toEqual([{ ref: REF, fields: [] }]);
});

it('reports a placement that could not be rolled out before, though it is that of the spec again', async () => {
  const { follow, untilSaid, clusters } = aScene();
  delete clusters.clusters['west'];
  follow({ targets: [], placement: aPlacement(), known: { readiness: [], isPlaced: false } });
  const { placed } = await untilSaid('the placement', (observed) => observed.placed !== undefined);
  expect(placed?.backends.map(({ cluster }) => cluster)).toEqual(['east']);
});

it('ends an older one of the workflow at once, though it has not heard of its cancellation yet', async () => {
  const { follow, said, clusters, untilSaid } = aScene();
  follow({ watch: 'old', known: known(READY) }, { scheduledAt: 1 });
  follow({ watch: 'new', known: known(READY) }, { scheduledAt: 2 });
  clusters.move('east', ['127.0.0.41']);
  await untilSaid('the new address', ({ readiness }) => readiness !== undefined);
  expect(said.map(({ watch }) => watch)).toEqual(['new']);
});

it('does not let an older one that comes late end the newer one', async () => {
  const { follow, said, clusters, untilSaid } = aScene();
  follow({ watch: 'new', known: known(READY) }, { scheduledAt: 2 });
  follow({ watch: 'old', known: known(READY) }, { scheduledAt: 1 });
  clusters.move('east', ['127.0.0.41']);
  await untilSaid('the new address', ({ readiness }) => readiness !== undefined);
  expect(said.map(({ watch }) => watch)).toEqual(['new']);
});

it('asks at once whether it is cancelled when it is superseded, and not before', async () => {
  const { follow } = aScene();
  const old = follow({ watch: 'old' }, { scheduledAt: 1, heartbeatTimeoutMs: 1e9 });
  expect(old.heartbeats()).toBe(0);
  follow({ watch: 'new' }, { scheduledAt: 2 });
  await until(() => old.heartbeats() === 1 || undefined, { what: 'a heartbeat' });
});

it('fails, to be begun again, when it was superseded and yet nobody cancels it', async () => {
  const { follow } = aScene();
  const old = follow({ watch: 'old' }, { scheduledAt: 1, heartbeatTimeoutMs: 50 });
  follow({ watch: 'new' }, { scheduledAt: 2 });
  expect(await old.ended).toMatchObject({ type: 'Superseded', nonRetryable: false });
});
