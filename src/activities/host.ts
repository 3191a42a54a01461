import { ApplicationFailure } from '@temporalio/activity';
import { place } from '../plan/placement.ts';
import { admit } from '../spec/admission.ts';
import { formatIssues } from '../spec/document.ts';
import type { ActivityDependencies } from './index.ts';
import type { Activities } from './types.ts';

type HostActivities = Pick<Activities, 'admit' | 'claimHost' | 'releaseHost'>;

export function hostActivities({ environment, store }: ActivityDependencies): HostActivities {
  return {
    async admit(spec, current) {
      const known = environment();
      const placed = place(spec, known.clusters, current);
      const issues = admit(placed, known);
      if (issues.length === 0) return placed;
      throw ApplicationFailure.create({
        type: 'InvalidSpec',
        message: formatIssues(issues),
        details: [issues],
        nonRetryable: true,
      });
    },

    async claimHost({ host, owner, ttlSeconds }) {
      const outcome = await store.claim(host, owner, ttlSeconds);
      if (outcome.kind === 'claimed') return outcome.current;
      throw ApplicationFailure.create({
        type: 'HostnameClaimed',
        nonRetryable: true,
        message:
          `the hostname ${host} belongs to the FederatedIngress ${outcome.by.namespace}/${outcome.by.name}: ` +
          'choose another hostname, or delete that one first',
      });
    },

    async releaseHost({ host, owner }) {
      await store.release(host, owner);
    },
  };
}
