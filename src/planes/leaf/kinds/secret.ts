import { createHash, X509Certificate } from 'node:crypto';
import { textAt } from '../../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { SECRET } from '../../../lib/kubernetes/resources.ts';
import type { LeafIntent } from '../leaf.ts';
import { describeLeaf, ownedManifest } from '../manifest.ts';
import { type ClusterSettings, type Found, type Kind, NOWHERE, refused, UNRELATED, type Wanted } from './kind.ts';
import { probeByHost } from './serving.ts';

const TLS = 'kubernetes.io/tls';

/** v1, the copy of the hub's certificate in a member cluster. Clients do not reach it, so it has no readiness of its own. */
export const SECRET_KIND: Kind = {
  resource: SECRET,
  services: () => [],
  manifest: secretManifest,
  related: () => UNRELATED,
  accepted: () => undefined,
  observed: () => undefined,
  reach: () => NOWHERE,
  probe: probeByHost,
};

/** What is in a Secret of type kubernetes.io/tls. */
export type Certificate =
  | {
      readonly kind: 'certificate';
      /** SHA-256 of the certificate (DER), hex. */
      readonly fingerprint: string;
      /** SHA-256 of all that is copied: also a new key or another chain for the same certificate is a change. */
      readonly content: string;
      /** RFC 3339. */
      readonly notAfter: string;
      /** Whether it is for this name (RFC 6125, with wildcards). */
      covers(host: string): boolean;
    }
  | {
      readonly kind: 'unusable' /** The end of a sentence that begins with the Secret's name. */;
      readonly message: string;
    };

/** Reads the first certificate of a Secret, which is the server's own. Says nothing of the key. */
export function certificateOf(secret: AnyObject): Certificate {
  const type = textAt(secret, 'type') ?? 'Opaque';
  if (type !== TLS) return { kind: 'unusable', message: `has type ${type}, and ${TLS} is wanted` };
  const [encoded, key] = [textAt(secret, 'data', 'tls.crt'), textAt(secret, 'data', 'tls.key')];
  // cert-manager creates the Secret of a pending certificate with an empty tls.crt.
  if (!encoded || !key) return { kind: 'unusable', message: 'has no tls.crt or no tls.key yet' };
  const chain = Buffer.from(encoded, 'base64');
  try {
    const certificate = new X509Certificate(chain);
    return {
      kind: 'certificate',
      fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      content: createHash('sha256').update(`${encoded}\n${key}`).digest('hex'),
      notAfter: certificate.validToDate.toISOString(),
      covers: (host) => certificate.checkHost(host) !== undefined,
    };
  } catch {
    return { kind: 'unusable', message: 'has a tls.crt that is no certificate in PEM' };
  }
}

/** Certificate and key, and nothing else that may be in the hub's Secret, such as the key of an authority. */
function secretManifest(intent: LeafIntent, _cluster: ClusterSettings, { secret }: Found): Wanted {
  const { ref, owner, tls } = intent;
  const source = `Secret ${owner.namespace}/${tls?.secretName ?? ref.name} of the hub`;
  if (!secret) {
    const message = `${describeLeaf(ref)} is a copy of ${source}, which does not exist: create it, or set spec.tls.from to cluster`;
    return refused('CertificateNotFound', message, true);
  }
  const certificate = certificateOf(secret);
  if (certificate.kind === 'unusable') {
    const message = `${describeLeaf(ref)} cannot be copied: ${source} ${certificate.message}`;
    return refused('CertificateUnusable', message, true);
  }
  const data = { 'tls.crt': textAt(secret, 'data', 'tls.crt'), 'tls.key': textAt(secret, 'data', 'tls.key') };
  return { kind: 'manifest', manifest: ownedManifest(intent, SECRET, { type: TLS, data }) };
}
