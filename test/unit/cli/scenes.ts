import type { Reading } from '../../../src/client/client.ts';
import type { Status } from '../../../src/workflows/status.ts';
import { ago, aStatus } from '../../support/status-builder.ts';

/** What people see in the life of one FederatedIngress; each has a golden file a view. */
export const SCENES: readonly { readonly name: string; readonly reading: Reading<Status> }[] = [
  { name: 'first-apply', reading: { value: ending(firstApply(), 0, 0) } },
  { name: 'soak', reading: { value: ending(soak(), 400, 430) } },
  { name: 'canary-paused', reading: { value: canaryPaused() } },
  { name: 'held', reading: { value: held() } },
  { name: 'preview', reading: { value: previewed() } },
  { name: 'completed', reading: { value: completed() } },
  { name: 'rolling-back', reading: { value: rollingBack() } },
  { name: 'rolled-back', reading: { value: rolledBack() } },
  { name: 'deleting', reading: { value: deleting() } },
  { name: 'drifted', reading: { value: drifted() } },
  { name: 'orphaned', reading: { value: orphaned() } },
  { name: 'gates', reading: { value: ending(gates(), 18, 50, 80, 95) } },
  { name: 'failed-and-held', reading: { value: failedAndHeld() } },
  { name: 'withheld', reading: { value: withheld() } },
  { name: 'stale', reading: { value: soak(), staleSince: ago(95) } },
];

/** Seconds from now at which the current step and those behind it are expected to end. */
function ending(status: Status, ...seconds: readonly number[]): Status {
  const { rollout } = status;
  if (rollout === undefined) return status;
  const endOf = (left: number | undefined) => (left === undefined ? {} : { expectedEnd: ago(-left) });
  const last = rollout.step + seconds.length < rollout.steps.length ? undefined : seconds.at(-1);
  const steps = rollout.steps.map((step, index) => ({ ...step, ...endOf(seconds[index - rollout.step]) }));
  return { ...status, rollout: { ...rollout, steps, ...endOf(last) } };
}

function firstApply(): Status {
  const message =
    'step 2 of 3: waiting for readiness: v1 in east is not ready: Ingress default/shop has no address yet';
  return aStatus()
    .firstApply()
    .backend('v1', {
      readiness: 'NotReady',
      reason: 'NoAddress',
      message: 'Ingress default/shop in east has no address yet',
      addresses: [],
    })
    .atStep(2, { begun: 9 })
    .in('Progressing', message)
    .history({ at: ago(12), actor: 'http:alice', action: 'Applied', message: 'generation 1' })
    .build();
}

function soak(): Status {
  return aStatus()
    .atStep(4, { begun: 200, left: 400 })
    .rollout({ lastActor: 'temporal' })
    .serving({ v1: 9_000, v2: 1_000 })
    .in('Progressing', 'step 4 of 8: pausing until 2026-03-01T12:06:40.000Z')
    .build();
}

function canaryPaused(): Status {
  return aStatus()
    .atStep(6, { begun: 180 })
    .serving({ v1: 5_000, v2: 5_000 })
    .in('Paused', 'step 6 of 8: paused until promoted')
    .build();
}

function held(): Status {
  return aStatus()
    .atStep(4, { begun: 60 })
    .held()
    .serving({ v1: 9_000, v2: 1_000 })
    .in('Paused', 'paused by http:bob before step 4 of 8: resume lets it go on')
    .build();
}

function previewed(): Status {
  const backends = [{ name: 'v2', cluster: 'west', share: 10_000 }];
  return aStatus()
    .with({ preview: { host: 'preview.shop.example.test', backends } })
    .atStep(4, { begun: 60 })
    .serving({ v1: 10_000, v2: 0 })
    .in('Paused', 'step 4 of 8: paused until promoted')
    .build();
}

function completed(): Status {
  return aStatus()
    .with({ liveGeneration: 2, revision: 20 })
    .atStep(9)
    .ended({ kind: 'completed' }, 300)
    .withoutBackend('v1')
    .serving({ v2: 10_000 })
    .in('Ready', 'generation 2 serves all traffic')
    .build();
}

function rollingBack(): Status {
  return aStatus()
    .atStep(5, { begun: 20 })
    .serving({ v1: 9_000, v2: 1_000 })
    .backend('v2', {
      readiness: 'NotReady',
      reason: 'ProbeFailed',
      message: 'GET /healthz at 127.0.0.12 answered 503 three times',
    })
    .in('RollingBack', 'rolling back (ReadinessLost): GET /healthz at 127.0.0.12 answered 503 three times')
    .build();
}

function rolledBack(): Status {
  const reason = 'checkout fails for some users';
  return aStatus()
    .with({ revision: 19 })
    .atStep(5, { begun: 20 })
    .serving({ v1: 10_000 })
    .ended({ kind: 'rolledBack', reason: 'Aborted', message: reason }, 90)
    .in('RolledBack', `rolled back to generation 1 (Aborted): ${reason}; retry begins again`)
    .history(
      { at: ago(1_200), actor: 'temporal', action: 'Applied', message: 'generation 2' },
      { at: ago(125), actor: 'http:alice', action: 'Aborted', message: reason },
      { at: ago(90), actor: 'sluice', action: 'RolledBack', message: 'back to generation 1' },
    )
    .build();
}

function drifted(): Status {
  const contested =
    'HTTPRoute default/shop in west was changed by kubectl-edit: .spec.rules wanted 2, found 1; waiting until that is undone';
  return aStatus()
    .atStep(3)
    .held()
    .rollout({ paused: false })
    .serving({ v1: 10_000 })
    .backend('v1', {
      leaf: { kind: 'Service', cluster: 'east', namespace: 'default', name: 'shop-edge' },
      port: 30_080,
    })
    .backend('v2', {
      leaf: { kind: 'HTTPRoute', cluster: 'west', namespace: 'default', name: 'shop' },
      drift: [
        { path: '.spec.rules', wanted: '2', found: '1', manager: 'kubectl-edit' },
        { path: '.spec.hostnames[0]', wanted: 'shop.example.test', found: 'nothing' },
      ],
      certificate: { cluster: 'west', kind: 'missing', message: 'Secret default/shop-tls in cluster west is missing' },
    })
    .in('Paused', `held before step 3 of 8; ${contested}`)
    .build();
}

function orphaned(): Status {
  return aStatus()
    .with({ orphans: [{ kind: 'Ingress', cluster: 'north', namespace: 'default', name: 'shop' }] })
    .backend('v2', { leaf: { kind: 'Ingress', cluster: 'west', namespace: 'default', name: 'shop' } })
    .in('Ready', 'generation 2 serves all traffic')
    .build();
}

function deleting(): Status {
  const { rollout: _none, ...status } = aStatus()
    .backend('v2', { wantedShare: 0, readiness: 'Unknown', reason: 'NotObserved', message: 'not observed yet' })
    .in('Deleting', 'deleting: waiting until no answer for the hostname can be cached any more')
    .build();
  return status;
}

/** The shift is written, and it takes proof that it is in force. */
function gates(): Status {
  return aStatus()
    .atStep(5, { begun: 12, left: 18 })
    .serving({ v1: 5_000, v2: 5_000 })
    .backend('v1', { measuredShare: 5_112 })
    .backend('v2', { measuredShare: 4_888 })
    .rollout({ lastActor: 'http:alice' })
    .gates(
      { gate: 'leaves', state: 'passed', message: '2 leaves report the generation that was written' },
      { gate: 'planes', state: 'passed', message: '2 DNS servers serve revision 17' },
      { gate: 'caches', state: 'waiting', message: 'answers given before live in caches until 2026-03-01T12:00:18Z' },
      { gate: 'measured', state: 'skipped', message: 'too few answers to tell: 12, it takes 400' },
    )
    .in('Progressing', 'step 5 of 8: waiting until answers given before have left caches')
    .build();
}

function failedAndHeld(): Status {
  const message = 'v2 in west: 3 of 20 requests for /healthz failed, at most 1 may';
  return aStatus()
    .with({
      namespace: 'web',
      generation: 3,
      queued: { generation: 4, at: ago(30) },
      undoable: [
        { generation: 2, strategy: 'canary' },
        { generation: 1, completedAt: ago(86_400), strategy: 'direct' },
      ],
    })
    .atStep(4, { begun: 100 })
    .serving({ v1: 9_000, v2: 1_000 })
    .rollout({
      generation: 3,
      cause: 'undrain of west',
      held: { reason: 'VerifyFailed', message, since: ago(90) },
      failedClusters: [{ cluster: 'north', reason: 'NotReady', message: 'no address within 2m' }],
    })
    .in('Held', `held at step 4 of 8: ${message}`)
    .build();
}

function withheld(): Status {
  return aStatus()
    .with({
      liveGeneration: 2,
      withheld: [
        { cluster: 'east', why: 'drained', since: ago(300), actor: 'http:bob', reason: 'kernel update' },
        { cluster: 'north', why: 'unreachable', since: ago(40), actor: 'sluice' },
      ],
    })
    .atStep(9)
    .ended({ kind: 'completed' }, 200)
    .serving({ v2: 10_000 })
    .backend('v1', { wantedShare: 5_000, drain: { cachedUntil: ago(100), isProved: true } })
    .backend('v2', { wantedShare: 5_000, drain: { cachedUntil: ago(-7), isProved: false } })
    .in('Ready', 'generation 2 serves all traffic; east is drained')
    .build();
}
