import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/types.ts';

const RETRY = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15s' } as const;

/** A verb that writes: a rollback waits until the forward activity has really stopped. */
const WRITE = {
  startToCloseTimeout: '1d',
  heartbeatTimeout: '3s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: RETRY,
} as const;

const { admit, claimHost, releaseHost } = proxyActivities<Pick<Activities, 'admit' | 'claimHost' | 'releaseHost'>>({
  startToCloseTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: RETRY,
});

const { applyLeaves, removeLeaves, shiftTraffic } =
  proxyActivities<Pick<Activities, 'applyLeaves' | 'removeLeaves' | 'shiftTraffic'>>(WRITE);

/** Only reads, so nobody has to wait for its end. */
const FOLLOW = {
  startToCloseTimeout: '365d',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { ...RETRY, maximumInterval: '5s' },
} as const;

/** How soon a dead worker is noticed while a rollout waits for what is followed. */
const FOLLOWED_CLOSELY = { ...FOLLOW, heartbeatTimeout: '10s' } as const;

/**
 * The same while there is no rollout, when what is reported decides nothing soon: every rollout writes its leaves first, and
 * what follows them closely is begun anew after that. Thousands may be idle, and each heartbeat is a write of Temporal.
 */
const FOLLOWED_IDLY = { ...FOLLOW, heartbeatTimeout: '60s' } as const;

/** Only looks, and hundreds may at once: an abort does not wait for its end. */
const LOOK = {
  startToCloseTimeout: '1d',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: RETRY,
} as const;

const { settleTraffic, verifyBackends, countEndpoints } =
  proxyActivities<Pick<Activities, 'settleTraffic' | 'verifyBackends' | 'countEndpoints'>>(LOOK);

const { followReadiness } = proxyActivities<Pick<Activities, 'followReadiness'>>(FOLLOWED_CLOSELY);

/** The activities, with what Temporal should know of each kind; steps add summaries and deadlines. */
export const activities = {
  admit,
  claimHost,
  releaseHost,
  applyLeaves,
  removeLeaves,
  shiftTraffic,
  settleTraffic,
  verifyBackends,
  countEndpoints,
  followReadiness,
};

/** The options of writing activities, to be completed by a summary and a deadline. */
export const WRITING = WRITE;

/** The options of what only looks, to be completed by a summary and a deadline. */
export const LOOKING = LOOK;

/** The options of following, to be completed by a summary. */
export const FOLLOWING = { closely: FOLLOWED_CLOSELY, idly: FOLLOWED_IDLY };
