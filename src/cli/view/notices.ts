import { formatSeconds } from '../../lib/duration.ts';
import type { BackendStatus, RolloutStatus, Status, WithheldCluster } from '../../workflows/status.ts';
import type { Line } from './text.ts';
import { formatAge, secondsLeft } from './units.ts';

/** What somebody should know or do, one a line; no lines when there is nothing. */
export function noticeLines(status: Status, now: Date): Line[] {
  const { rollout, queued, withheld = [] } = status;
  const inNamespace = status.namespace === 'default' ? '' : ` -n ${status.namespace}`;
  const target = `${status.name}${inNamespace}`;
  return [
    ...(rollout === undefined || rollout.outcome !== undefined ? [] : heldLines(rollout, target, now)),
    ...(rollout?.failedClusters ?? []).map(({ cluster, reason, message }): Line => {
      return [{ text: `${cluster} failed and is left at what it had: ${reason}: ${message}`, tone: 'bad' }];
    }),
    ...withheld.map((one) => withheldLine(one, target, now)),
    ...drainLines(status, now),
    ...(queued === undefined
      ? []
      : [
          [
            `generation ${queued.generation} is queued for ${formatAge(queued.at, now)}: it begins when this rollout has ended`,
          ],
        ]),
  ];
}

function heldLines({ held }: RolloutStatus, target: string, now: Date): readonly Line[] {
  if (held === undefined) return [];
  return [
    [{ text: `held since ${formatAge(held.since, now)}: ${held.reason}: ${held.message}`, tone: 'bad' }],
    [
      `  sluice retry ${target} tries again, sluice abort ${target} --reason ... takes traffic back, a new spec begins anew`,
    ],
  ];
}

function withheldLine({ cluster, why, since, actor, reason }: WithheldCluster, target: string, now: Date): Line {
  const age = formatAge(since, now);
  if (why === 'unreachable') {
    return [
      { text: `no traffic for ${cluster}: unreachable for ${age}; it is taken in again when it is back`, tone: 'bad' },
    ];
  }
  const because = reason === undefined ? '' : ` (${reason})`;
  const text = `no traffic for ${cluster}: drained by ${actor} ${age} ago${because}`;
  return [{ text, tone: 'busy' }, `; sluice undrain ${cluster} --only ${target} gives it back`];
}

/** Whoever switches a cluster off wants to know whether anybody can still be sent there. */
function drainLines({ backends }: Status, now: Date): readonly Line[] {
  return backends.flatMap((backend) => {
    const { drain, shareInForce } = backend;
    if (drain === undefined || shareInForce > 0) return [];
    return [[`${nameOf(backend)} is drained: ${cached(drain, now)}`]];
  });
}

function cached({ cachedUntil, isProved }: NonNullable<BackendStatus['drain']>, now: Date): string {
  if (isProved) return 'no cache has an answer with it any more';
  return `answers with it may be in caches for ${formatSeconds(secondsLeft(cachedUntil, now))}`;
}

function nameOf({ name, cluster }: BackendStatus): string {
  return `${name} in ${cluster}`;
}
