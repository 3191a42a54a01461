import type { BackendStatus, Status } from '../../workflows/status.ts';
import type { Line } from './text.ts';

/** What is not as it should be in the clusters, below the table of backends; no lines when all is well. */
export function leafLines(status: Status): Line[] {
  const drift = status.backends.flatMap(driftLines);
  const certificates = status.backends.flatMap(certificateLines);
  const orphans = (status.orphans ?? []).map(
    ({ kind, namespace, name, cluster }): Line => [`  ${kind} ${namespace}/${name} in ${cluster}`],
  );
  return [
    ...section('Changed by somebody else:', drift),
    ...section('Certificates:', certificates),
    ...section('Left behind in clusters that were away:', orphans),
  ];
}

function section(heading: string, lines: readonly Line[]): readonly Line[] {
  return lines.length === 0 ? [] : [[], [{ text: heading, tone: 'bad' }], ...lines];
}

/** `v1 in east, drift: .spec.rules wanted 2, found 1 by kubectl-edit` */
function driftLines({ name, cluster, leaf, drift = [] }: BackendStatus): readonly Line[] {
  return drift.map(({ path, wanted, found, manager }) => {
    const by = manager === undefined ? '' : ` by ${manager}`;
    const what =
      path === ''
        ? `${leaf.kind} ${leaf.namespace}/${leaf.name} was removed${by}`
        : `${path} wanted ${wanted}, found ${found}${by}`;
    return [`  ${name} in ${cluster}, drift: ${what}`];
  });
}

/** One that is as it should be needs no words. */
function certificateLines({ name, cluster, certificate }: BackendStatus): readonly Line[] {
  if (certificate === undefined || certificate.kind === 'current') return [];
  return [[`  ${name} in ${cluster}, ${certificate.kind}: ${certificate.message}`]];
}
