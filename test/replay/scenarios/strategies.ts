import { aDocument, type ScriptedSluice, V1, V2 } from '../../feature/workflow/scripted-sluice.ts';
import { CANARY, type Scenario, steer, untilActed, untilState, V1_WEST, V2_WEST } from './scenario.ts';

const VERIFY = { verify: { count: 2, path: '/ready' } };
const WEST = { name: 'w', cluster: 'west', service: { name: 'shop', port: 80 } };
const TWO = { east: {}, west: {} };

async function serving(sluice: ScriptedSluice, spec: object = {}): Promise<void> {
  await sluice.apply(aDocument({ backends: [V1], ...spec }));
  await sluice.untilReady();
}

/** Blue/green that waits before the flip. */
async function held(sluice: ScriptedSluice, blueGreen: object): Promise<void> {
  await serving(sluice);
  await sluice.apply(aDocument({ backends: [WEST], strategy: { blueGreen: { hold: {}, ...blueGreen } } }));
  await untilState(sluice, 'Paused');
}

/** Every strategy on its straight way, and the ways back that belong to it. */
export const STRATEGIES: readonly Scenario[] = [
  {
    name: 'direct',
    holds: ['direct', 'applyLeaves', 'awaitReady', 'setWeight', 'removeLeaves', 'Completed'],
    async play(sluice) {
      await serving(sluice);
      await sluice.apply(aDocument({ backends: [V1, WEST] }));
      await sluice.untilReady(2);
      await sluice.apply(aDocument({ backends: [WEST] }));
      await sluice.untilReady(3);
    },
  },
  {
    name: 'canary-timed-and-promoted',
    holds: ['canary', 'pause', 'Promoted', 'Completed'],
    async play(sluice) {
      await serving(sluice);
      const steps = [{ setWeight: 10 }, { pause: { duration: '2s' } }, { setWeight: 50 }, { pause: {} }];
      await sluice.apply(aDocument({ backends: [WEST], strategy: { canary: { steps } } }));
      await sluice.untilStatus('second pause', ({ state, rollout }) => state === 'Paused' && rollout?.step === 5);
      await steer(sluice, 'promote');
      await sluice.untilReady(2);
    },
  },
  {
    name: 'canary-inside-a-cluster',
    holds: ['canary', 'Completed'],
    async play(sluice) {
      await serving(sluice);
      await sluice.apply(aDocument({ backends: [V2], strategy: CANARY }));
      await untilState(sluice, 'Paused');
      await steer(sluice, 'promote', { full: true });
      await sluice.untilReady(2);
    },
  },
  {
    name: 'canary-paused-resumed-aborted',
    holds: ['Paused', 'Resumed', 'Aborted', 'RolledBack'],
    async play(sluice) {
      await serving(sluice);
      await sluice.apply(aDocument({ backends: [V2, WEST], strategy: CANARY }));
      await untilState(sluice, 'Paused');
      await steer(sluice, 'pause');
      await steer(sluice, 'promote');
      await steer(sluice, 'resume');
      await steer(sluice, 'abort', { reason: 'errors' });
      await untilState(sluice, 'RolledBack');
    },
  },
  {
    name: 'waves',
    holds: ['canary', 'Promoted', 'Completed'],
    async play(sluice) {
      await serving(sluice, { backends: [V1, V1_WEST] });
      const steps = [
        { setWeight: 50, clusters: ['east'] },
        { pause: {} },
        { setWeight: 100, clusters: ['east'] },
        { setWeight: 50, clusters: ['west'] },
      ];
      await sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy: { canary: { steps } } }));
      await untilState(sluice, 'Paused');
      await steer(sluice, 'promote');
      await sluice.untilReady(2);
    },
  },
  {
    name: 'verify-passed',
    holds: ['verify', 'Verified', 'Completed'],
    async play(sluice) {
      await serving(sluice);
      await sluice.apply(aDocument({ backends: [WEST], strategy: { canary: { steps: [VERIFY, { setWeight: 10 }] } } }));
      await sluice.untilReady(2);
    },
  },
  {
    name: 'verify-failed',
    holds: ['verify', 'VerificationFailed', 'RolledBack', 'Retried', 'Completed'],
    async play(sluice) {
      await serving(sluice);
      sluice.clusters.cluster('west').answers = { kind: 'failed', reason: 'ProbeFailed', message: 'answered 500' };
      await sluice.apply(aDocument({ backends: [WEST], strategy: { canary: { steps: [VERIFY, { setWeight: 10 }] } } }));
      await untilState(sluice, 'RolledBack');
      sluice.clusters.cluster('west').answers = { kind: 'passed' };
      await steer(sluice, 'retry');
      await sluice.untilReady(2);
    },
  },
  {
    name: 'blue-green-verified-kept-old',
    holds: ['blueGreen', 'Verified', 'Promoted', 'Completed'],
    async play(sluice) {
      await held(sluice, { ...VERIFY, keepOld: '2s' });
      await steer(sluice, 'promote');
      await sluice.untilReady(2);
    },
  },
  {
    name: 'blue-green-aborted-before-the-flip',
    holds: ['blueGreen', 'Aborted', 'RolledBack'],
    async play(sluice) {
      await held(sluice, {});
      await steer(sluice, 'abort');
      await untilState(sluice, 'RolledBack');
    },
  },
  {
    name: 'blue-green-flipped-back',
    holds: ['blueGreen', 'Promoted', 'Aborted', 'RolledBack'],
    async play(sluice) {
      await held(sluice, { keepOld: '1h' });
      await steer(sluice, 'promote');
      await sluice.untilStatus('old side is kept', ({ backends, rollout }) => {
        const isSoaking = rollout?.steps.some(({ state, until }) => state === 'running' && until !== undefined);
        return (
          isSoaking === true &&
          backends.some(({ cluster, shareInForce }) => cluster === 'west' && shareInForce === 10_000)
        );
      });
      await untilActed(sluice, 'Promoted');
      await steer(sluice, 'abort');
      await untilState(sluice, 'RolledBack');
    },
  },
  {
    name: 'blue-green-with-a-preview-host',
    holds: ['blueGreen', 'preview', 'Promoted', 'Completed'],
    async play(sluice) {
      await serving(sluice);
      const preview = { host: 'preview.scripted.test' };
      const strategy = { blueGreen: { hold: {} } };
      await sluice.apply(aDocument({ backends: [V2, WEST], preview, strategy }));
      await sluice.untilStatus('seen before it has traffic', ({ state, preview: seen }) => {
        return state === 'Paused' && seen?.backends.length === 2 && seen.backends.every(({ name }) => name !== 'v1');
      });
      await steer(sluice, 'promote');
      await sluice.untilReady(2);
      await sluice.apply(aDocument({ backends: [V2, WEST], strategy }));
      await sluice.untilReady(3);
    },
  },
  {
    name: 'rollout-ttl',
    holds: ['setTtl', 'Completed'],
    async play(sluice) {
      const dns = { ttl: '3s', rolloutTtl: '1s' };
      await serving(sluice, { dns });
      await sluice.apply(aDocument({ backends: [WEST], strategy: { canary: { steps: [{ setWeight: 50 }] } }, dns }));
      await sluice.untilReady(2);
    },
  },
  {
    name: 'routing-changed-and-rolled-back',
    clusters: TWO,
    holds: ['RolledBack'],
    async play(sluice) {
      const failover = { routing: { failover: { clusters: ['west', 'east'] } } };
      await serving(sluice, { backends: [V1, V1_WEST] });
      const backends = [V1, V1_WEST];
      await sluice.apply(aDocument({ backends, ...failover, strategy: { blueGreen: { hold: {} } } }));
      await sluice.untilReady(2);
      sluice.clusters.unready('west', 'v2-west');
      const direct = { direct: { readyTimeout: '1s' } };
      await sluice.apply(aDocument({ backends: [V1, V2_WEST], routing: { weighted: {} }, strategy: direct }));
      await untilState(sluice, 'RolledBack');
    },
  },
];
