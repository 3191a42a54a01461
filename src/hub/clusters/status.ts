import { isDeepStrictEqual } from 'node:util';
import { listAt, recordAt, textAt, transitionTime } from '../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import type { ClusterCheck } from './check.ts';
import type { Registration } from './registration.ts';

export interface ClusterFindings {
  readonly registration: Registration;
  /** Another source has a cluster of this name, and that one counts. */
  readonly isShadowed: boolean;
  /** The last look at it; undefined before the first, and while there is nothing to ask with. */
  readonly check: ClusterCheck | undefined;
}

interface Verdict {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** meta/v1 Condition. */
interface StatusCondition extends Verdict {
  readonly type: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

export interface ClusterStatus {
  readonly observedGeneration: number;
  readonly version?: string;
  readonly missingRights: readonly string[];
  readonly surplusRights: readonly string[];
  readonly conditions: readonly StatusCondition[];
}

/** The whole status of a Cluster object. Times of conditions that stay as they are stay, too. */
export function clusterStatus(object: AnyObject, findings: ClusterFindings, now: Date): ClusterStatus {
  const { check } = findings;
  const checked = check?.kind === 'checked' ? check : undefined;
  const version = checked?.version ?? textAt(object, 'status', 'version');
  const condition = (type: string, verdict: Verdict): StatusCondition => ({
    type,
    ...verdict,
    observedGeneration: object.metadata.generation ?? 0,
    lastTransitionTime: transitionTime(listAt(object, 'status', 'conditions'), { type, status: verdict.status }, now),
  });
  return {
    observedGeneration: object.metadata.generation ?? 0,
    ...(version !== undefined && { version }),
    missingRights: checked?.missing ?? [],
    surplusRights: checked?.surplus ?? [],
    conditions: [condition('Ready', readyOf(findings)), condition('Reachable', reachableOf(check))],
  };
}

/** Whether the object says this already. */
export function hasStatus(object: AnyObject, status: ClusterStatus): boolean {
  return isDeepStrictEqual(recordAt(object, 'status'), status);
}

function reachableOf(check: ClusterCheck | undefined): Verdict {
  if (check === undefined) return { status: 'Unknown', reason: 'NotAsked', message: 'it has not been asked yet' };
  if (check.kind === 'unreachable') return { status: 'False', reason: check.reason, message: check.message };
  return { status: 'True', reason: 'Answers', message: `its API server answers, version ${check.version}` };
}

function readyOf({ registration, isShadowed, check }: ClusterFindings): Verdict {
  const no = (reason: string, message: string): Verdict => ({ status: 'False', reason, message });
  if (registration.kind === 'refused') {
    const meanwhile = check?.kind === 'checked' ? '; until then the last credentials that were good are used' : '';
    return no(registration.reason, `${registration.message}${meanwhile}`);
  }
  if (isShadowed)
    return no('NameTaken', 'the settings file has a cluster of this name, which counts; give one of them another name');
  if (check === undefined) return { status: 'Unknown', reason: 'NotAsked', message: 'it has not been asked yet' };
  if (check.kind === 'unreachable') return no(check.reason, check.message);
  const { missing, surplus } = check;
  if (missing.length > 0)
    return no('RightsMissing', `its user lacks rights: ${missing.join('; ')}; run sluice install for this cluster`);
  if (surplus.length > 0)
    return {
      status: 'True',
      reason: 'SurplusRights',
      message: `usable, with more rights than are needed: ${surplus.join('; ')}`,
    };
  return { status: 'True', reason: 'Usable', message: 'reached, with all the rights that are needed and no others' };
}
