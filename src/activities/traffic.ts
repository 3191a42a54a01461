import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import type { GlobalIngress } from '../plan/global-ingress.ts';
import type { LeafIntent } from '../planes/leaf/leaf.ts';
import type { Observation, Plane } from '../planes/plane.ts';
import type { GlobalIngressStore } from '../planes/store/store.ts';
import { Crowd } from './crowd.ts';
import { heartbeating } from './heartbeat.ts';
import type { ActivityDependencies } from './index.ts';
import { takenUpAtOnce } from './leaves.ts';
import { Reporter } from './report.ts';
import { countAnswers } from './settle.ts';
import type { Activities, InForce, MissingInstance } from './types.ts';

/** How often planes are asked whether they follow: at first as fast as a local one can, then less and less often. */
const FIRST_INTERVAL_MS = 8;
const LONGEST_INTERVAL_MS = 500;
/** What a person would notice: a wait is only reported when it lasts this long. */
const REPORT_AFTER_MS = 1_000;

export function trafficActivities(dependencies: ActivityDependencies): Pick<Activities, 'shiftTraffic'> {
  const { store, planes, report } = dependencies;
  const crowd = new Crowd();
  return {
    shiftTraffic: ({ watch, globalIngress, preview, dropped = [], counted: isAsked, leaves = [], giveUpAt }) =>
      heartbeating('writing', async () => {
        if (!(await mayPublish(dependencies, globalIngress, leaves))) return { kind: 'unpublished' };
        await publish(store, globalIngress);
        const previews = preview === undefined ? [] : [await publishPreview(store, preview)];
        for (const host of dropped) await store.release(host, globalIngress.owner);
        const publishedAt = performance.now();
        const reporter = new Reporter(report, watch);
        const follow = (state: GlobalIngress): Promise<readonly Followed[]> =>
          Promise.all(planes.map((plane) => untilInForce(plane, { globalIngress: state, reporter, giveUpAt, crowd })));
        const [served = []] = await crowd.shifting(globalIngress.host, () =>
          Promise.all([globalIngress, ...previews].map(follow)),
        );
        await reporter.flush();
        await crowd.untilCalm(cancellationSignal());
        if (!isAsked) return undefined;
        const counted = await countAnswers(planes, globalIngress.host, cancellationSignal());
        return { instances: served.flatMap(({ instances }) => instances), counted, ...sinceWhen(served, publishedAt) };
      }),
  };
}

/** Writes what has to be taken up before. An attempt that has published already does not take that back. */
async function mayPublish(
  { store, leaves: plane }: ActivityDependencies,
  { host, revision }: GlobalIngress,
  leaves: readonly LeafIntent[],
): Promise<boolean> {
  if (leaves.length === 0) return true;
  const published = await store.get(host);
  if (published !== undefined && published.revision >= revision) return true;
  return await takenUpAtOnce(plane, leaves, cancellationSignal());
}

async function publish(store: GlobalIngressStore, globalIngress: GlobalIngress): Promise<void> {
  const outcome = await store.put(globalIngress);
  if (outcome.kind === 'written') return;
  await claimAgain(store, globalIngress);
  await put(store, globalIngress);
}

/** What it is published as: the hostname may have been another's before, or be given up and taken again meanwhile. */
async function publishPreview(store: GlobalIngressStore, preview: GlobalIngress): Promise<GlobalIngress> {
  const current = await claimAgain(store, preview);
  if (isDeepStrictEqual({ ...current, revision: 0 }, { ...preview, revision: 0 })) return current;
  const next = { ...preview, revision: Math.max(preview.revision, current.revision + 1) };
  await put(store, next);
  return next;
}

/** A store that was lost or emptied is filled by those whose hostnames it held. */
async function claimAgain(store: GlobalIngressStore, state: GlobalIngress): Promise<GlobalIngress> {
  const claim = await store.claim(state.host, state.owner, state.ttlSeconds);
  if (claim.kind === 'claimed') return claim.current;
  throw lostClaim(state, `the hostname is now held by ${claim.by.namespace}/${claim.by.name}`);
}

async function put(store: GlobalIngressStore, state: GlobalIngress): Promise<void> {
  const outcome = await store.put(state);
  if (outcome.kind === 'written') return;
  throw lostClaim(state, `revision ${outcome.current?.revision ?? 0} is published already`);
}

interface FollowWait {
  readonly globalIngress: GlobalIngress;
  readonly reporter: Reporter;
  /** Milliseconds since the epoch. */
  readonly giveUpAt: number | undefined;
  readonly crowd: Crowd;
}

/** Who serves it, who does not, and since when those who do all did, by `performance.now`. */
interface Followed {
  readonly instances: readonly string[];
  readonly missing: readonly MissingInstance[];
  readonly since: number;
}

async function untilInForce(plane: Plane, { globalIngress, reporter, giveUpAt, crowd }: FollowWait): Promise<Followed> {
  const { host, revision } = globalIngress;
  const signal = cancellationSignal();
  const startedAt = performance.now();
  const since = new Map<string, number>();
  let reported = '';
  for (let interval = FIRST_INTERVAL_MS; ; interval = Math.min(interval * 2, LONGEST_INTERVAL_MS)) {
    const observed = await plane.observe(host, revision, signal);
    noteServing(observed, since);
    const behind = observed.filter(({ kind }) => kind !== 'inForce');
    const leftMs = giveUpAt === undefined ? Number.POSITIVE_INFINITY : giveUpAt - Date.now();
    if (behind.length === 0 || leftMs <= 0) return followed(observed, since);
    const sentence = waitSentence(plane, revision, behind);
    if (performance.now() - startedAt > REPORT_AFTER_MS && sentence !== reported) {
      reported = sentence;
      reporter.say({ waitsFor: sentence, published: true });
    }
    await delay(Math.min(interval * crowd.slowness, LONGEST_INTERVAL_MS, leftMs), undefined, { signal });
  }
}

/** Since when each instance serves it without a break. */
function noteServing(observed: readonly Observation[], since: Map<string, number>): void {
  const serving = observed.flatMap(({ kind, instance }) => (kind === 'inForce' ? [instance] : []));
  for (const instance of since.keys()) if (!serving.includes(instance)) since.delete(instance);
  for (const instance of serving) if (!since.has(instance)) since.set(instance, performance.now());
}

function followed(observed: readonly Observation[], since: ReadonlyMap<string, number>): Followed {
  return {
    instances: observed.filter(({ kind }) => kind === 'inForce').map(instanceText),
    missing: observed.flatMap((one) =>
      one.kind === 'inForce' ? [] : [{ instance: one.instance, message: one.message }],
    ),
    since: Math.max(...since.values(), 0),
  };
}

function sinceWhen(served: readonly Followed[], publishedAt: number): Pick<InForce, 'missing' | 'servedForMs'> {
  const missing = served.flatMap((each) => each.missing);
  const inForceSince = Math.max(publishedAt, ...served.map(({ since }) => since));
  return { ...(missing.length === 0 ? {} : { missing }), servedForMs: Math.round(performance.now() - inForceSince) };
}

function instanceText(observed: Observation): string {
  const isReported = observed.kind === 'inForce' && observed.by === 'report';
  return isReported ? `${observed.instance} (by its own report)` : observed.instance;
}

function waitSentence(plane: Plane, revision: number, behind: readonly Observation[]): string {
  const instances = behind.map((one) => `${one.instance} (${one.kind === 'inForce' ? 'in force' : one.message})`);
  return `waiting for ${plane.name} to serve revision ${revision}: ${instances.join(', ')}`;
}

function lostClaim({ host, revision }: GlobalIngress, why: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'HostnameClaimed',
    nonRetryable: true,
    message: `revision ${revision} of ${host} cannot be published: ${why}`,
  });
}
