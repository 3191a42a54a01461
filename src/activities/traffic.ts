import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import type { GlobalIngress } from '../plan/global-ingress.ts';
import type { Observation, Plane } from '../planes/plane.ts';
import { heartbeating } from './heartbeat.ts';
import type { ActivityDependencies } from './index.ts';
import { Reporter } from './report.ts';
import type { Activities } from './types.ts';

/** How often planes are asked whether they follow: at first as fast as a local one can, then less and less often. */
const FIRST_INTERVAL_MS = 2;
const LONGEST_INTERVAL_MS = 500;
/** What a person would notice: a wait is only reported when it lasts this long. */
const REPORT_AFTER_MS = 1_000;

export function trafficActivities({ store, planes, report }: ActivityDependencies): Pick<Activities, 'shiftTraffic'> {
  return {
    shiftTraffic: ({ watch, globalIngress }) =>
      heartbeating(async () => {
        const outcome = await store.put(globalIngress);
        if (outcome.kind === 'conflict') throw lostClaim(globalIngress, outcome.current);
        const reporter = new Reporter(report, watch);
        await Promise.all(planes.map((plane) => untilInForce(plane, globalIngress, reporter)));
        await reporter.flush();
      }),
  };
}

async function untilInForce(plane: Plane, { host, revision }: GlobalIngress, reporter: Reporter): Promise<void> {
  const signal = cancellationSignal();
  const startedAt = performance.now();
  let reported = '';
  for (let interval = FIRST_INTERVAL_MS; ; interval = Math.min(interval * 2, LONGEST_INTERVAL_MS)) {
    const behind = (await plane.observe(host, revision, signal)).filter(
      (observation) => observation.kind !== 'inForce',
    );
    if (behind.length === 0) return;
    const sentence = waitSentence(plane, revision, behind);
    if (performance.now() - startedAt > REPORT_AFTER_MS && sentence !== reported) {
      reported = sentence;
      reporter.say({ waitsFor: sentence });
    }
    await delay(interval, undefined, { signal });
  }
}

function waitSentence(plane: Plane, revision: number, behind: readonly Observation[]): string {
  const instances = behind.map((one) => `${one.instance} (${one.kind === 'inForce' ? 'in force' : one.message})`);
  return `waiting for ${plane.name} to serve revision ${revision}: ${instances.join(', ')}`;
}

function lostClaim(wanted: GlobalIngress, current: GlobalIngress | undefined): ApplicationFailure {
  const holder = current
    ? `${current.owner.namespace}/${current.owner.name} at revision ${current.revision}`
    : 'nobody';
  return ApplicationFailure.create({
    type: 'HostnameClaimed',
    nonRetryable: true,
    message: `revision ${wanted.revision} of ${wanted.host} cannot be published: the hostname is now held by ${holder}`,
  });
}
