import { setTimeout as delay } from 'node:timers/promises';
import { cancellationSignal } from '@temporalio/activity';
import type { LeafPlane, ReadinessTarget } from '../planes/leaf/leaf.ts';
import type { Verification } from '../spec/rollout-types.ts';
import { heartbeating } from './heartbeat.ts';
import type { ActivityDependencies } from './index.ts';
import { Reporter } from './report.ts';
import type { Activities, Verified } from './types.ts';

export function verifyActivities({
  leaves,
  report,
}: Pick<ActivityDependencies, 'leaves' | 'report'>): Pick<Activities, 'verifyBackends'> {
  return {
    verifyBackends: ({ watch, verification, targets }) =>
      heartbeating('looking', async () => {
        const reporter = new Reporter(report, watch);
        const common = {
          leaves,
          verification,
          say: (waitsFor: string) => reporter.say({ waitsFor }),
          signal: cancellationSignal(),
        };
        const verified = await Promise.all(targets.map((target) => verify(target, common)));
        await reporter.flush();
        return verified;
      }),
  };
}

interface Verifying {
  readonly leaves: Pick<LeafPlane, 'ask'>;
  readonly verification: Verification;
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/** One request after the other, to each address in turn, until it is known what it comes to. */
async function verify(target: ReadinessTarget, { leaves, verification, say, signal }: Verifying): Promise<Verified> {
  const { count, maxFailures } = verification;
  const asked = { ...byPreview(target), health: healthOf(target, verification) };
  const addresses = target.lastAddresses;
  let failures = 0;
  let first: string | undefined;
  let requests = 0;
  if (target.preview !== undefined) await untilTakenUp(asked, { leaves, signal });
  while (addresses.length > 0 && requests < count && failures <= maxFailures) {
    const outcome = await leaves.ask(asked, addresses[requests % addresses.length] ?? '', signal);
    signal.throwIfAborted();
    requests += 1;
    if (outcome.kind === 'passed') continue;
    failures += 1;
    first ??= outcome.message;
    if (failures === 1) say(`verifying ${target.of.name}: a request failed: ${outcome.message}`);
  }
  const kind = addresses.length > 0 && failures <= maxFailures ? 'passed' : 'failed';
  const message = describe(target, verification, { requests, failures, first });
  return { backend: target.backend, kind, requests, failures, message };
}

/**
 * A gateway takes a moment until it serves a hostname that it was told of just now. When it does not within that, the
 * verification says so.
 */
const TAKEN_UP_WITHIN_MS = 5_000;
const ASK_AGAIN_MS = 100;

async function untilTakenUp(
  asked: ReadinessTarget,
  { leaves, signal }: Pick<Verifying, 'leaves' | 'signal'>,
): Promise<void> {
  const until = performance.now() + TAKEN_UP_WITHIN_MS;
  for (const address of asked.lastAddresses) {
    while (performance.now() < until && (await leaves.ask(asked, address, signal)).kind === 'failed') {
      await delay(ASK_AGAIN_MS, undefined, { signal });
    }
  }
}

/**
 * By the preview host where there is one, as people try it. Routes of OpenShift have no other way to name one backend of
 * several, so there the preview host tells for all that it leads to.
 */
function byPreview(target: ReadinessTarget): ReadinessTarget {
  const { preview, leaf, shared } = target;
  return preview === undefined ? target : { ...target, host: preview.host, shared: shared && leaf.kind !== 'Route' };
}

/** The question of the verification, asked where and how the backend's readiness is. A connection alone shows too little. */
function healthOf({ health }: ReadinessTarget, verification: Verification): ReadinessTarget['health'] {
  const { path, statuses, timeoutSeconds } = verification;
  const question = { path, statuses };
  const { probe } = health;
  if (probe.kind === 'tcp') return { ...health, probe: { kind: 'http', ...question }, timeoutSeconds };
  const { kind, port } = probe;
  return { ...health, probe: { kind, ...question, ...(port === undefined ? {} : { port }) }, timeoutSeconds };
}

interface Found {
  readonly requests: number;
  readonly failures: number;
  /** What the first failure says. */
  readonly first: string | undefined;
}

function describe(
  { of, ref }: ReadinessTarget,
  { path, maxFailures }: Verification,
  { requests, failures, first }: Found,
): string {
  const backend = `${of.name} in ${ref.cluster}`;
  if (requests === 0) return `${backend} was asked nothing: its gateway has no address`;
  const count = `${failures} of ${requests} ${requests === 1 ? 'request' : 'requests'} for ${path} failed`;
  const why = first === undefined ? '' : `; the first: ${first}`;
  return `${backend}: ${count}, allowed ${maxFailures === 1 ? 'is' : 'are'} ${maxFailures}${why}`;
}
