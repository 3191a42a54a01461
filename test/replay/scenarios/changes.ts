import { TASK_QUEUE, WORKFLOW_TYPE, workflowId } from '../../../src/spec/names.ts';
import { aDocument, type ScriptedSluice, V1, V2 } from '../../feature/workflow/scripted-sluice.ts';
import { CANARY, type Scenario, steer, untilActed, untilState, V1_WEST, V2_WEST } from './scenario.ts';

const EU = { labels: { region: 'eu' } };
const WEB = { name: 'web', clusterSelector: { matchLabels: { region: 'eu' } }, service: { name: 'shop', port: 80 } };

/** Generation 2 at 20 %, in a pause. */
async function paused(sluice: ScriptedSluice, from: object[] = [V1], to: object[] = [V2]): Promise<void> {
  await sluice.apply(aDocument({ backends: from, strategy: CANARY }));
  await sluice.untilReady();
  await sluice.apply(aDocument({ backends: to, strategy: CANARY }));
  await untilState(sluice, 'Paused');
}

async function completed(sluice: ScriptedSluice): Promise<void> {
  await paused(sluice);
  await steer(sluice, 'promote');
  await sluice.untilReady(2);
}

/** What comes in the middle of a rollout, or leads back behind one; how lives begin and end. */
export const CHANGES: readonly Scenario[] = [
  {
    name: 'superseded',
    holds: ['Applied', 'Completed'],
    async play(sluice) {
      await paused(sluice);
      await sluice.apply(aDocument({ backends: [V2, V2_WEST] }));
      await sluice.untilReady(3);
    },
  },
  {
    name: 'queued',
    holds: ['Queued', 'Applied', 'Completed'],
    async play(sluice) {
      await paused(sluice);
      await sluice.apply(aDocument({ backends: [V2, V2_WEST], rollout: { onChange: 'queue' } }));
      await steer(sluice, 'promote');
      await sluice.untilReady(3);
    },
  },
  {
    name: 'amended',
    holds: ['Applied', 'Completed'],
    async play(sluice) {
      await paused(sluice);
      const steps = [...CANARY.canary.steps, { setWeight: 60 }];
      const rollout = { onChange: 'amend' };
      await sluice.apply(aDocument({ backends: [V2], strategy: { canary: { ...CANARY.canary, steps } }, rollout }));
      await steer(sluice, 'promote');
      await sluice.untilReady(3);
    },
  },
  {
    name: 'rolled-back-within-the-window',
    holds: ['UndoRequested', 'Completed'],
    async play(sluice) {
      await completed(sluice);
      await steer(sluice, 'undo');
      await sluice.untilReady(3);
    },
  },
  {
    name: 'undone-by-the-strategy',
    holds: ['UndoRequested', 'Promoted', 'Completed'],
    async play(sluice) {
      await completed(sluice);
      await sluice.apply(aDocument({ backends: [V2], strategy: CANARY, rollout: { rollbackWindow: '0s' } }));
      await sluice.untilReady(3);
      await steer(sluice, 'undo', { toGeneration: 1 });
      await untilState(sluice, 'Paused');
      await steer(sluice, 'promote');
      await sluice.untilReady(4);
    },
  },
  {
    name: 'drained-and-undrained-in-mid-rollout',
    holds: ['DrainRequested', 'UndrainRequested', 'Completed'],
    async play(sluice) {
      await paused(sluice, [V1, V1_WEST], [V2, V2_WEST]);
      await steer(sluice, 'drain', { cluster: 'east' });
      await sluice.untilStatus('drains', ({ state, rollout }) => state === 'Paused' && rollout?.cause !== undefined);
      await steer(sluice, 'undrain', { cluster: 'east' });
      await sluice.untilStatus('in again', ({ state, withheld }) => state === 'Paused' && !withheld);
      await steer(sluice, 'promote');
      await sluice.untilReady(2);
    },
  },
  {
    name: 'drain-aborted',
    holds: ['DrainRequested', 'Aborted', 'RolledBack'],
    async play(sluice) {
      await sluice.apply(aDocument({ backends: [V1, V1_WEST], strategy: CANARY }));
      await sluice.untilReady();
      await steer(sluice, 'drain', { cluster: 'east' });
      await untilState(sluice, 'Paused');
      await steer(sluice, 'abort');
      await untilState(sluice, 'RolledBack');
    },
  },
  {
    name: 'placement-changed',
    clusters: { east: EU, west: EU, north: {} },
    holds: ['Placed', 'Completed'],
    async play(sluice) {
      await sluice.apply(aDocument({ backends: [WEB], strategy: CANARY }));
      await sluice.untilReady();
      sluice.clusters.label('north', { region: 'eu' });
      await untilState(sluice, 'Paused');
      sluice.clusters.label('west', {});
      await sluice.untilStatus('west leaves', ({ generation, state }) => generation === 3 && state === 'Paused');
      await steer(sluice, 'promote', { full: true });
      await sluice.untilReady(3);
    },
  },
  {
    name: 'continued-as-new-in-a-soak',
    holds: ['pause', 'Completed'],
    async play(sluice) {
      await sluice.apply(aDocument({ backends: [V1] }));
      await sluice.untilReady();
      const steps = [{ setWeight: 20 }, { pause: { duration: '1h' } }];
      await sluice.apply(aDocument({ backends: [V2], strategy: { canary: { steps } } }));
      await sluice.untilStatus('soaks', ({ rollout }) => rollout?.steps[3]?.until !== undefined);
      await sluice.lengthenHistory();
      await sluice.untilStatus('soaks again', ({ rollout }) => rollout?.steps[3]?.until !== undefined);
      await steer(sluice, 'promote');
      await sluice.untilReady(2);
    },
  },
  {
    name: 'started-by-temporal',
    holds: ['Completed'],
    async play(sluice) {
      await sluice.temporal.workflow.start(WORKFLOW_TYPE, {
        workflowId: workflowId('default', 'shop'),
        taskQueue: TASK_QUEUE,
        args: [aDocument({ backends: [V1, V1_WEST] })],
      });
      await sluice.untilReady();
    },
  },
  {
    name: 'adopted-after-a-termination',
    holds: ['Adopted', 'Completed'],
    async play(sluice) {
      await sluice.apply(aDocument({ backends: [V1, V1_WEST], dns: { ttl: '1s', draw: 'sticky' } }));
      await sluice.untilReady();
      await sluice.temporal.workflow.getHandle(workflowId('default', 'shop')).terminate();
      await sluice.apply(aDocument({ backends: [V1, V2_WEST], dns: { ttl: '1s', draw: 'sticky' } }));
      await sluice.untilReady();
      await untilActed(sluice, 'Completed');
    },
  },
  {
    name: 'deleted',
    holds: ['DeleteRequested', 'Deleted'],
    async play(sluice) {
      await paused(sluice);
      await steer(sluice, 'delete');
      await sluice.untilDeleted();
    },
  },
  {
    name: 'deleted-with-orphans',
    holds: ['DeleteRequested', 'Orphaned', 'Deleted'],
    async play(sluice) {
      await sluice.apply(aDocument({ backends: [V1, V1_WEST] }));
      await sluice.untilReady();
      sluice.clusters.cluster('west').mode = 'away';
      await steer(sluice, 'delete');
      await sluice.untilStatus('waits for west', ({ message }) => message.includes('waiting for cluster west'));
      await steer(sluice, 'delete', { force: true });
      await sluice.untilDeleted();
    },
  },
];
