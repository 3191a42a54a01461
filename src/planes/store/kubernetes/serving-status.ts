import { listAt, numberAt, textAt } from '../../../lib/kubernetes/fields.ts';
import type { AnyObject, Manifest } from '../../../lib/kubernetes/objects.ts';
import { GLOBAL_INGRESS } from '../../../lib/kubernetes/resources.ts';

/** What an instance serves of a hostname. */
export interface ServedRevision {
  readonly revision: number;
  /** Since when, milliseconds since the epoch. */
  readonly at: number;
}

/** The revision that an object's status says of an instance. */
export function reportedBy(object: AnyObject, instance: string): number | undefined {
  const entry = listAt(object, 'status', 'instances').find((one) => textAt(one, 'name') === instance);
  return numberAt(entry, 'revision');
}

/** What the instance applies: its own entry, or nothing when it serves nothing, which takes its entry away. */
export function statusManifest(host: string, instance: string, served: ServedRevision | undefined): Manifest {
  const instances =
    served === undefined
      ? []
      : [{ name: instance, revision: served.revision, time: new Date(served.at).toISOString() }];
  return {
    apiVersion: GLOBAL_INGRESS.apiVersion,
    kind: GLOBAL_INGRESS.kind,
    metadata: { name: host },
    status: { instances },
  };
}
