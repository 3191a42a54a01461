import { aDocument, type ScriptedSluice, V1, V2 } from '../../feature/workflow/scripted-sluice.ts';
import { until } from '../../support/until.ts';
import { CANARY, EDIT, ROUTE, type Scenario, steer, untilActed, untilState, V1_WEST, V2_WEST } from './scenario.ts';

const WEST = { name: 'west', cluster: 'west', service: { name: 'shop', port: 80 } };
const NORTH = { ...WEST, name: 'north', cluster: 'north' };
const GO_ON = { unreachable: { goOn: { after: '1s' } } };
const HOLD = { onFailure: 'hold' };

async function serving(sluice: ScriptedSluice, spec: object = {}): Promise<void> {
  await sluice.apply(aDocument({ backends: [V1], ...spec }));
  await sluice.untilReady();
}

/** At 90 % it is aborted, when v1 has two of the five endpoints that it had. */
async function aborted(sluice: ScriptedSluice, within: string): Promise<void> {
  const rollout = { rollback: { byEndpoints: { within } } };
  sluice.clusters.endpoints.set({ v1: 5 });
  await serving(sluice, { rollout });
  const strategy = { canary: { steps: [{ setWeight: 90 }, { pause: {} }] } };
  await sluice.apply(aDocument({ backends: [WEST], strategy, rollout }));
  await untilState(sluice, 'Paused');
  sluice.clusters.endpoints.set({ v1: 2 });
  await steer(sluice, 'abort');
}

/** Steps that fail, clusters that are away, leaves that others change. */
export const FAILURES: readonly Scenario[] = [
  {
    name: 'held-and-retried',
    holds: ['Held', 'Retried', 'Completed'],
    async play(sluice) {
      await serving(sluice);
      sluice.clusters.unready('east', 'v2');
      await sluice.apply(aDocument({ backends: [V2], strategy: CANARY, rollout: HOLD }));
      await untilState(sluice, 'Held');
      sluice.clusters.unready('east');
      await steer(sluice, 'retry');
      await untilState(sluice, 'Paused');
      await steer(sluice, 'promote');
      await sluice.untilReady(2);
    },
  },
  {
    name: 'readiness-lost-and-rolled-back',
    holds: ['RollingBack', 'RolledBack'],
    async play(sluice) {
      await serving(sluice);
      await sluice.apply(aDocument({ backends: [V2], strategy: CANARY }));
      await untilState(sluice, 'Paused');
      sluice.clusters.unready('east', 'v2');
      await untilState(sluice, 'RolledBack');
    },
  },
  {
    name: 'rolled-back-without-a-cluster',
    holds: ['Aborted', 'RolledBack'],
    async play(sluice) {
      await serving(sluice, { backends: [V1, V1_WEST] });
      const strategy = { canary: { ...CANARY.canary, progressDeadline: '3s' } };
      await sluice.apply(aDocument({ backends: [V2], strategy }));
      await untilState(sluice, 'Paused');
      sluice.clusters.cluster('east').mode = 'hangs';
      await steer(sluice, 'abort');
      await untilState(sluice, 'RolledBack');
      sluice.clusters.cluster('east').mode = 'works';
      sluice.clusters.change(ROUTE, EDIT);
      await sluice.untilStatus('nothing is pending', ({ message }) => !message.includes('not written yet'));
    },
  },
  {
    name: 'rolled-back-in-steps',
    holds: ['byEndpoints', 'RollingBack', 'RolledBack', 'Retried'],
    async play(sluice) {
      await aborted(sluice, '1h');
      await sluice.untilStatus('bears a part', ({ message }) => message.includes('v1 has 2 of 5, which bear 40 %'));
      sluice.clusters.endpoints.set({ v1: 5 });
      await untilState(sluice, 'RolledBack');
      await steer(sluice, 'retry');
      await untilState(sluice, 'Paused');
      sluice.clusters.endpoints.set({ v1: 1 });
      await steer(sluice, 'abort');
      await sluice.untilStatus('bears less', ({ message }) => message.includes('v1 has 1 of 5, which bear 20 %'));
      await steer(sluice, 'abort');
      await untilState(sluice, 'RolledBack');
    },
  },
  {
    name: 'rolled-back-in-steps-until-the-time-is-over',
    holds: ['byEndpoints', 'RollingBack', 'RolledBack'],
    async play(sluice) {
      await aborted(sluice, '2s');
      await untilState(sluice, 'RolledBack');
    },
  },
  {
    name: 'failed-clusters-within-budget',
    holds: ['ClusterFailed', 'Completed'],
    async play(sluice) {
      await serving(sluice, { backends: [V1, V1_WEST] });
      sluice.clusters.unready('west', 'v2-west');
      const rollout = { maxFailedClusters: 1 };
      await sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy: CANARY, rollout }));
      await untilState(sluice, 'Paused');
      await steer(sluice, 'promote');
      await sluice.untilReady(2);
    },
  },
  {
    name: 'unreachable-gone-on-without-and-back',
    clusters: { east: {}, west: {}, north: {} },
    holds: ['ClusterUnreachable', 'ClusterReturned', 'Completed'],
    async play(sluice) {
      await serving(sluice);
      sluice.clusters.cluster('west').mode = 'away';
      await sluice.apply(aDocument({ backends: [V1, WEST, NORTH], strategy: CANARY, rollout: GO_ON }));
      await untilState(sluice, 'Paused');
      sluice.clusters.comeBack('west');
      await sluice.untilStatus('with west', ({ state, withheld }) => state === 'Paused' && !withheld);
      await steer(sluice, 'promote');
      await sluice.untilReady(2);
    },
  },
  {
    name: 'incumbent-broken',
    holds: ['Completed'],
    async play(sluice) {
      await serving(sluice);
      sluice.clusters.unready('east', 'v1');
      const rollout = { start: { incumbentBroken: { reason: 'v1 answers 503' } } };
      const backends = [
        { ...V1, weight: 0 },
        { ...V2, weight: 1 },
      ];
      await sluice.apply(aDocument({ backends, strategy: CANARY, rollout }));
      await untilState(sluice, 'Paused');
      await steer(sluice, 'promote');
      await sluice.untilReady(2);
    },
  },
  {
    name: 'shares-not-in-force',
    holds: ['Held', 'Aborted', 'RolledBack'],
    async play(sluice) {
      await serving(sluice);
      const rollout = { ...HOLD, measured: { tolerance: 5, within: '1s' } };
      await sluice.apply(aDocument({ backends: [WEST], strategy: CANARY, rollout }));
      await sluice.untilStatus('caches', ({ rollout: now }) => {
        return now?.steps.some(({ gates }) => gates?.some(({ gate }) => gate === 'caches')) ?? false;
      });
      sluice.plane.answers = { east: 4_000 };
      await untilState(sluice, 'Held');
      await steer(sluice, 'abort');
      await untilState(sluice, 'RolledBack');
    },
  },
  {
    name: 'moved-while-a-plane-is-away',
    holds: ['Completed'],
    async play(sluice) {
      await serving(sluice);
      const reached = (address: string) => async () =>
        (await sluice.addresses('east'))[0] === address ? true : undefined;
      sluice.plane.away = true;
      for (const address of ['127.0.0.101', '127.0.0.102']) {
        sluice.clusters.move('east', [address]);
        await until(reached(address), { what: `published at ${address}` });
      }
      sluice.plane.away = false;
      await sluice.apply(aDocument({ backends: [V1, WEST] }));
      await sluice.untilReady(2);
    },
  },
  {
    name: 'drift-taken-back-until-contested',
    holds: ['Drifted', 'TakenBack', 'DriftContested', 'Completed'],
    async play(sluice) {
      await serving(sluice);
      sluice.clusters.change(ROUTE, EDIT);
      await untilActed(sluice, 'TakenBack');
      sluice.clusters.contest = EDIT;
      sluice.clusters.change(ROUTE, EDIT);
      await untilActed(sluice, 'DriftContested');
      sluice.clusters.contest = [];
      await sluice.apply(aDocument({ backends: [V1, WEST] }));
      await sluice.untilReady(2);
    },
  },
  {
    name: 'drift-holds',
    holds: ['Drifted', 'Completed'],
    async play(sluice) {
      await serving(sluice, { drift: 'hold' });
      await sluice.apply(aDocument({ backends: [V2], drift: 'hold', strategy: CANARY }));
      await untilState(sluice, 'Paused');
      sluice.clusters.change(ROUTE, EDIT);
      await untilActed(sluice, 'Drifted');
      await steer(sluice, 'promote');
      await sluice.untilStatus('held', ({ message }) => message.startsWith('held before step'));
      sluice.clusters.change(ROUTE, []);
      await sluice.untilReady(2);
    },
  },
  {
    name: 'drift-accepted',
    holds: ['Drifted', 'Completed'],
    async play(sluice) {
      await serving(sluice, { drift: 'accept' });
      sluice.clusters.change(ROUTE, EDIT);
      await untilActed(sluice, 'Drifted');
      await sluice.apply(aDocument({ backends: [V1, WEST], drift: 'accept' }));
      await sluice.untilReady(2);
    },
  },
];
