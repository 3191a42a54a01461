import { LIMITS } from './defaults.ts';
import type { FederatedIngressDocument } from './schema.ts';
import type { FederatedIngress, Preview, SpecIssue } from './types.ts';

type Spec = FederatedIngressDocument['spec'];

const PATH = 'spec.preview.host';

/** The hostname that reaches what a rollout brings: by default a name below the host. */
export function toPreview(host: string, preview: NonNullable<Spec['preview']>): Preview {
  return { host: preview.host ?? `preview.${host}` };
}

/** What the hostname alone tells. */
export function checkPreview({ host, preview }: Spec): readonly SpecIssue[] {
  if (preview === undefined) return [];
  const { host: own } = toPreview(host, preview);
  if (own === host) {
    const message = `found "${own}", which is spec.host; write another hostname, such as "preview.${host}", or leave it out for that one`;
    return [{ path: PATH, message }];
  }
  if (own.length <= LIMITS.host) return [];
  const message = `found none, and "${own}" has ${own.length} characters; write a hostname of at most ${LIMITS.host}`;
  return [{ path: PATH, message }];
}

/**
 * `<cluster>.<host>` and what is below it lead to one cluster, whatever its share, so the preview cannot have such a name.
 * `clusters`: those that labels may come to, beside those of the backends.
 */
export function checkPreviewName(
  { host, preview, backends }: Pick<FederatedIngress, 'host' | 'preview' | 'backends'>,
  clusters: readonly string[] = [],
): readonly SpecIssue[] {
  if (preview === undefined) return [];
  const names = [...backends.map(({ cluster }) => cluster), ...clusters];
  const cluster = names.find((name) => `.${preview.host}`.endsWith(`.${name}.${host}`));
  if (cluster === undefined) return [];
  const message = `found "${preview.host}", but "${cluster}.${host}" leads to cluster "${cluster}"; write a hostname that does not begin with the name of a cluster`;
  return [{ path: PATH, message }];
}
