import { cancellationSignal, cancelled } from '@temporalio/activity';
import { heartbeating } from './heartbeat.ts';
import type { ActivityDependencies } from './index.ts';
import { Reporter } from './report.ts';
import type { Activities } from './types.ts';

export function readinessActivities({ leaves, report }: ActivityDependencies): Pick<Activities, 'followReadiness'> {
  return {
    followReadiness: ({ watch, targets }) =>
      heartbeating(async () => {
        const reporter = new Reporter(report, watch);
        await Promise.all(
          targets.map((target) =>
            leaves.follow(target, (readiness) => reporter.say({ readiness: [readiness] }), cancellationSignal()),
          ),
        );
        await cancelled();
      }),
  };
}
