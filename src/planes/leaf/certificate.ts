import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { certificateName } from '../../plan/leaves.ts';
import type { Tls } from '../../spec/types.ts';
import type { Sighting } from './kinds/kind.ts';
import { certificateOf } from './kinds/secret.ts';
import type { CertificateState, DriftField, LeafIntent } from './leaf.ts';

/** Whether a certificate comes from the hub, in an installation that has one. */
export function isCopied(tls: Tls | undefined): tls is Tls {
  return tls !== undefined && tls.from !== 'cluster';
}

/** The intent for the objects that use the certificate: they name the copy of it where there is one. */
export function withCopy(intent: LeafIntent): LeafIntent {
  const { owner, ref, tls } = intent;
  if (ref.kind === 'Secret' || !isCopied(tls)) return intent;
  return { ...intent, tls: { ...tls, secretName: certificateName(owner.name) } };
}

export interface Copies {
  readonly cluster: string;
  /** Such as `Secret default/shop-tls`. */
  readonly name: string;
  readonly hub: Sighting;
  readonly copy: Sighting;
}

/** How the copy of a certificate stands to the one in the hub; undefined while one of them was never seen. */
export function certificateState({ cluster, name, hub, copy }: Copies): CertificateState | undefined {
  if (hub.kind === 'notAsked' || copy.kind === 'notAsked') return undefined;
  const where = `${name} in cluster ${cluster}`;
  if (copy.kind === 'gone') {
    const why = hub.kind === 'gone' ? ', and the hub has no such Secret of type kubernetes.io/tls to copy' : ' yet';
    return { cluster, kind: 'missing', message: `${where} with the certificate of the hostname does not exist${why}` };
  }
  const found = certificateOf(copy.object);
  if (found.kind === 'unusable') return { cluster, kind: 'outdated', message: `${where} ${found.message}` };
  const { fingerprint, notAfter, content } = found;
  const state = (kind: 'current' | 'outdated', message: string): CertificateState => {
    return { cluster, kind, fingerprint, notAfter, message: `${where} ${message}` };
  };
  if (hub.kind === 'gone') return state('outdated', 'stays, but the hub has no such Secret any more');
  const wanted = certificateOf(hub.object);
  if (wanted.kind === 'unusable') return state('outdated', `stays, but that of the hub ${wanted.message}`);
  if (wanted.content === content) return state('current', 'is that of the hub');
  return state('outdated', 'is not that of the hub any more, and is about to be written again');
}

/** How the copy differs from what it should be, by fingerprint: values of Secrets are told to nobody. */
export function certificateDrift(wanted: AnyObject, found: AnyObject): readonly DriftField[] {
  const [left, right] = [certificateOf(wanted), certificateOf(found)];
  if (left.kind === 'unusable') return [];
  if (right.kind === 'certificate' && left.content === right.content) return [];
  const told = right.kind === 'certificate' ? `the outdated one with SHA-256 ${right.fingerprint}` : 'no certificate';
  return [{ path: '.data', wanted: `the certificate with SHA-256 ${left.fingerprint} and its key`, found: told }];
}
