import pLimit from 'p-limit';
import type { Cluster } from '../../lib/kubernetes/cluster.ts';
import { KubernetesError } from '../../lib/kubernetes/errors.ts';
import { type AccessAttributes, askVersion, reviewAccess } from '../../lib/kubernetes/requests.ts';
import { memberRole, type Rule } from '../resources/roles.ts';
import { DANGEROUS_RIGHTS, describeRights, EVERYTHING, neededRights } from './rights.ts';

/** What a look at a cluster found. */
export type ClusterCheck =
  | { readonly kind: 'unreachable' /** One CamelCase word. */; readonly reason: string; readonly message: string }
  | {
      readonly kind: 'checked';
      readonly version: string;
      /** Rights that Sluice needs and does not have, one line a resource. Not empty: the cluster cannot be used. */
      readonly missing: readonly string[];
      /** Rights that it has and should not: a warning. */
      readonly surplus: readonly string[];
    };

export interface CheckOptions {
  readonly signal: AbortSignal;
  /** Longest time for each of the questions, milliseconds. */
  readonly deadlineMs?: number;
  /** What is needed; that of a member cluster when absent. */
  readonly rules?: readonly Rule[];
}

const DEADLINE_MS = 5_000;
/** Questions at once: the rest of Sluice shares the connections. */
const PARALLEL_REVIEWS = 4;

/** Asks a cluster for its version and for our own rights. Faults of the cluster are an answer; only the signal's reason is thrown. */
export async function checkCluster(cluster: Cluster, options: CheckOptions): Promise<ClusterCheck> {
  const { signal, deadlineMs = DEADLINE_MS, rules = memberRole() } = options;
  const request = { signal, deadlineMs };
  const limit = pLimit(PARALLEL_REVIEWS);
  const allowed = async (rights: readonly AccessAttributes[]) => {
    const answers = await limit.map([...rights], (right) => reviewAccess(cluster, right, request));
    return (wanted: boolean) => rights.filter((_right, index) => answers[index] === wanted);
  };
  try {
    const version = await askVersion(cluster, request);
    const missing = (await allowed(neededRights(rules)))(false);
    const everything = await reviewAccess(cluster, EVERYTHING, request);
    const surplus = everything ? [ALL] : describeRights((await allowed(DANGEROUS_RIGHTS))(true));
    return { kind: 'checked', version, missing: describeRights(missing), surplus };
  } catch (error) {
    // One that does not answer is not asked all the rest.
    limit.clearQueue();
    return unreachable(error);
  }
}

const ALL = 'everything (cluster-admin)';

/** Whether the cluster answers at all. */
export async function pingCluster(cluster: Cluster, options: CheckOptions): Promise<'answers' | Unreachable> {
  const { signal, deadlineMs = DEADLINE_MS } = options;
  try {
    await askVersion(cluster, { signal, deadlineMs });
    return 'answers';
  } catch (error) {
    return unreachable(error);
  }
}

type Unreachable = Extract<ClusterCheck, { kind: 'unreachable' }>;

function unreachable(error: unknown): Unreachable {
  if (!(error instanceof KubernetesError)) throw error;
  return { kind: 'unreachable', reason: error.failure.reason, message: error.message };
}
