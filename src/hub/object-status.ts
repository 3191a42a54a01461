import { recordAt } from '../lib/kubernetes/fields.ts';
import type { Manifest } from '../lib/kubernetes/objects.ts';
import { FEDERATED_INGRESS } from '../lib/kubernetes/resources.ts';
import type { BackendStatus, Status } from '../workflows/status.ts';
import { type FederatedIngressStatus, federatedIngressStatusSchema } from './resources/federated-ingress-status.ts';

/** What a workflow's status says, as the status of the object in the hub that it comes from. */
export function workflowManifest(status: Status): Manifest {
  return {
    apiVersion: FEDERATED_INGRESS.apiVersion,
    kind: FEDERATED_INGRESS.kind,
    metadata: { namespace: status.namespace, name: status.name },
    status: workflowStatus(status),
  };
}

export function workflowStatus(status: Status): FederatedIngressStatus {
  const step = stepOf(status);
  // Parsed for what it leaves out: server-side apply refuses fields that the definition does not have.
  return federatedIngressStatusSchema.parse({
    host: status.host,
    state: status.state,
    message: status.message,
    strategy: strategyOf(status.document),
    ...(step === undefined ? {} : { step }),
    shares: sharesText(status.backends),
    readyClusters: readyText(status.backends),
    clusters: clustersOf(status.backends).join(','),
    generation: status.generation,
    revision: status.revision,
    conditions: status.conditions.map((condition) => ({
      ...condition,
      // kubectl wait holds it against the object's generation; ours counts accepted specs.
      observedGeneration: status.source?.generation ?? condition.observedGeneration,
    })),
    preview: status.preview,
    backends: status.backends,
    rollout: status.rollout,
    withheld: status.withheld,
    queued: status.queued,
    undoable: status.undoable,
    orphans: status.orphans,
  });
}

/** The strategy as the document names it. */
function strategyOf(document: unknown): string {
  return Object.keys(recordAt(document, 'spec', 'strategy') ?? {})[0] ?? 'direct';
}

/** `3/5`, the third of five being done now. */
function stepOf({ rollout }: Status): string | undefined {
  if (rollout === undefined) return undefined;
  const { length } = rollout.steps;
  return `${Math.min(rollout.step + 1, length)}/${length}`;
}

/** `east 70, west 30` in per cent, with decimals only where they are needed; a cluster with several backends by backend. */
function sharesText(backends: readonly BackendStatus[]): string {
  const parts = clustersOf(backends).flatMap((cluster) => {
    const own = backends.filter((one) => one.cluster === cluster);
    return own.map(({ name, shareInForce }) => {
      return `${own.length === 1 ? cluster : `${cluster}/${name}`} ${shareInForce / 100}`;
    });
  });
  return parts.join(', ');
}

/** `2/3`: clusters all of whose backends are ready. */
function readyText(backends: readonly BackendStatus[]): string {
  const clusters = clustersOf(backends);
  const ready = clusters.filter((cluster) => {
    return backends.every((one) => one.cluster !== cluster || one.readiness === 'Ready');
  });
  return `${ready.length}/${clusters.length}`;
}

function clustersOf(backends: readonly BackendStatus[]): readonly string[] {
  return [...new Set(backends.map(({ cluster }) => cluster))].toSorted();
}
