import { conditionAt, listAt, transitionTime } from '../../lib/kubernetes/fields.ts';
import type { AnyObject, Manifest } from '../../lib/kubernetes/objects.ts';
import { GLOBAL_INGRESS } from '../../lib/kubernetes/resources.ts';
import type { Note } from './endpoints.ts';

const TYPE = 'DNSEndpointWritten';

/** Whether the GlobalIngress says this already. */
export function hasCondition(ingress: AnyObject, note: Note | undefined): boolean {
  const found = conditionAt(ingress, TYPE, 'status', 'conditions');
  const { status, reason, message } = verdict(note);
  return found?.status === status && found.reason === reason && found.message === message;
}

/** To be applied to the status of the GlobalIngress. */
export function conditionManifest(ingress: AnyObject, note: Note | undefined, now: Date): Manifest {
  const { name, generation = 0 } = ingress.metadata;
  const wanted = verdict(note);
  const conditions = listAt(ingress, 'status', 'conditions');
  const condition = {
    type: TYPE,
    ...wanted,
    observedGeneration: generation,
    lastTransitionTime: transitionTime(conditions, { type: TYPE, status: wanted.status }, now),
  };
  return {
    apiVersion: GLOBAL_INGRESS.apiVersion,
    kind: GLOBAL_INGRESS.kind,
    metadata: { name },
    status: { conditions: [condition] },
  };
}

function verdict(note: Note | undefined): { status: 'True' | 'False'; reason: string; message: string } {
  if (note === undefined) return { status: 'True', reason: 'Written', message: 'the DNSEndpoint says what is served' };
  return { status: 'False', ...note };
}
