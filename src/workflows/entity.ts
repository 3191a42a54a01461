import { workflowInfo } from '@temporalio/workflow';
import type { Endpoints } from '../plan/back-steps.ts';
import type { SlotRange } from '../plan/global-ingress.ts';
import type { LeafPolicy } from '../plan/leaf-text.ts';
import type { TrafficPolicy } from '../plan/policy.ts';
import { isDraining as isDrainingAt } from '../plan/replan.ts';
import type { Allocation, BackendId, LeafRef } from '../plan/types.ts';
import type { Readiness } from '../planes/leaf/leaf.ts';
import { formatIssues } from '../spec/document.ts';
import { workflowId } from '../spec/names.ts';
import { parse } from '../spec/parse.ts';
import { ROLLOUT_DEFAULTS } from '../spec/rollout-parse.ts';
import type { FederatedIngress } from '../spec/types.ts';
import { refusal } from './failure.ts';
import { reachOf } from './reach.ts';
import type {
  Deletion,
  DriftRecord,
  KeptGeneration,
  PublishedPreview,
  Queued,
  Reach,
  Rollout,
  RolloutCause,
  Withheld,
  WrittenLeaf,
} from './records.ts';
import type { Condition, Facts, HistoryEntry, Source } from './status.ts';

/**
 * Everything a FederatedIngress remembers. Plain JSON: it is carried through continue-as-new as it is. Times are
 * milliseconds since the epoch.
 */
export interface Entity {
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: number;
  /** The newest accepted spec, parsed and placed, and the document it came from. */
  spec: FederatedIngress;
  document: unknown;
  generation: number;
  /** False until the hostname is ours. */
  claimed: boolean;
  /** What abort and rollback go back to: the generation whose rollout completed last, or TAKEN_OVER. */
  live?: {
    readonly generation: number;
    readonly allocation: Allocation;
    readonly policy?: TrafficPolicy;
    /** Ready endpoints when it completed; absent when nobody asked for them. */
    readonly endpoints?: Endpoints;
  };
  /** The shares written last, and those known to be in force in every plane. They differ only while a shift is under way. */
  published: Allocation;
  inForce: Allocation;
  /** How what was written last is served; absent when nothing was. */
  policy?: TrafficPolicy;
  /** The slots of what was written last, for a sticky draw to go on from. */
  slots?: readonly SlotRange[];
  revision: number;
  /** The number of a revision that came to nothing: it is not given out again. */
  spentRevision?: number;
  /** What planes were told last of the preview host; absent when there is none. */
  preview?: PublishedPreview;
  /** Preview hosts that are ours: the present one, and those that are about to be given up. */
  previewHosts?: readonly string[];
  /** TTL of the answers given until now; 0 when none were given. */
  ttlInForceSeconds: number;
  /** Every leaf that may exist: entered before it is written, struck out after it is removed. */
  leaves: readonly LeafRef[];
  readiness: Readonly<Record<BackendId, Readiness>>;
  /** Where each backend was last seen ready. */
  addresses: Readonly<Record<BackendId, readonly string[]>>;
  /** Names of load balancers that it was last seen with. */
  hostnames?: Readonly<Record<BackendId, readonly string[]>>;
  /** Where it is not the port of the cluster's gateway. */
  ports?: Readonly<Record<BackendId, number>>;
  /** Where it was last told to the planes that backends are reached. */
  reach?: Reach;
  /** Backends were seen elsewhere since then: to be published again. */
  moved?: true;
  /** How leaves were last made, all of them. */
  leafPolicy?: LeafPolicy;
  /** What was last written into the clusters, leaf by leaf. */
  written?: readonly WrittenLeaf[];
  /** Leaves that somebody else has changed, or has changed not long ago. */
  drift?: readonly DriftRecord[];
  /** Why the newest selection of clusters cannot be rolled out; the last placement stays. */
  unplaced?: string;
  /** Leaves that were given up in clusters that are away. */
  orphans?: readonly LeafRef[];
  source?: Source;
  rollout?: Rollout;
  /** Something else than the document has changed that a plan hangs on: a rollout of the same generation is due. */
  due?: RolloutCause;
  /** A document that begins when the rollout under way has ended. */
  queued?: Queued;
  /** Clusters that get no traffic, whatever the spec says. */
  withheld?: readonly Withheld[];
  /** What `undo` can go back to, the newest last, the newest generation among them. */
  generations?: readonly KeptGeneration[];
  /** Backends whose share came to 0: when old answers with them have left caches, ms since the epoch. */
  drained?: Readonly<Record<BackendId, number>>;
  /** Those whose share came to 0 for some instances of planes, when not all had followed. */
  drainedInPart?: readonly BackendId[];
  /** Clusters that did not answer when they were waited for last, and since when (see `Away`). */
  away?: Readonly<Record<string, number>>;
  /** What part of the answers each cluster had when that was last measured, basis points. */
  measured?: Readonly<Record<string, number>>;
  deletion?: Deletion;
  /** What a running activity says it waits for. */
  waitsFor?: string;
  history: readonly HistoryEntry[];
  /** What the newest entry of the history was written with. */
  facts?: Facts;
  conditions: readonly Condition[];
}

const NOTHING: Allocation = { backends: [], shares: {} };

/**
 * Reads the document that started the workflow. Fails the run at once, for good, when it is not a valid one, or when the
 * run's id is not the document's: two workflows for one FederatedIngress would undo each other's work.
 */
export function createEntity(document: unknown): Entity {
  const parsed = parse(document);
  if (parsed.kind === 'invalid') {
    throw refusal('InvalidSpec', `not a valid FederatedIngress:\n${formatIssues(parsed.issues)}`, [parsed.issues]);
  }
  const spec = parsed.value;
  const id = workflowInfo().workflowId;
  const allowed = workflowId(spec.namespace, spec.name);
  if (id !== allowed) {
    throw refusal('InvalidSpec', `started under the id "${id}"; allowed for this document: "${allowed}"`);
  }
  return {
    namespace: spec.namespace,
    name: spec.name,
    createdAt: Date.now(),
    spec,
    document,
    generation: 1,
    claimed: false,
    published: NOTHING,
    inForce: NOTHING,
    revision: 0,
    ttlInForceSeconds: 0,
    leaves: [],
    readiness: {},
    addresses: {},
    generations: [{ generation: 1, document }],
    history: [],
    conditions: [],
  };
}

/**
 * Takes over what an earlier run hands on. The spec is read from the document again: the earlier run may have been of a
 * version that knew less of it. One that would be refused today goes on as it was understood then.
 */
export function resumeEntity(carried: Entity): Entity {
  const parsed = parse(carried.document);
  const reach = carried.reach ?? reachOf(carried);
  if (parsed.kind === 'invalid') return { ...carried, reach, spec: complete(carried.spec) };
  const placed = carried.spec.backends.filter(({ placement }) => placement !== undefined);
  return { ...carried, reach, spec: { ...parsed.value, backends: [...parsed.value.backends, ...placed] } };
}

/** A spec that was handed on by an earlier version, which did not say all that is said today. */
export function complete(spec: FederatedIngress): FederatedIngress {
  const { dns, rollout } = spec;
  return {
    ...SINCE_0_2,
    ...spec,
    rollout: { ...ROLLOUT_DEFAULTS, ...rollout },
    dns: { ...dns, rolloutTtlSeconds: dns.rolloutTtlSeconds ?? dns.ttlSeconds },
  };
}

const SINCE_0_2 = { placements: [], drift: 'takeBack', orphanAfterSeconds: 1_800 } as const;

/** The newest spec as it was submitted, without the backends that were placed. */
export function submittedSpec({ spec }: Pick<Entity, 'spec'>): FederatedIngress {
  return { ...spec, backends: spec.backends.filter(({ placement }) => placement === undefined) };
}

/** The generation of shares that were found in force, left behind by a lost workflow: no document of theirs is known. */
export const TAKEN_OVER = 0;

/** What traffic goes back to when a rollout fails, in words. */
export function describeLive({ live }: Entity): string {
  if (!live) return 'nothing, since no generation has completed yet';
  return live.generation === TAKEN_OVER ? 'the shares taken over' : `generation ${live.generation}`;
}

/** All traffic has moved, and what is not needed any more is being removed: there is no way back. */
export function isDraining({ plan: { steps }, step }: Rollout): boolean {
  return isDrainingAt({ steps, step });
}

/** Whether a rollout is under way: neither ended nor missing. */
export function activeRollout(entity: Entity): Rollout | undefined {
  return entity.rollout && !entity.rollout.outcome ? entity.rollout : undefined;
}
