import { Document, type Node } from 'yaml';
import type { Manifest } from '../../lib/kubernetes/objects.ts';
import { hubNamespaceRole, hubRole, memberRole, type Rule } from './roles.ts';

/** Manifests as one YAML stream for `kubectl apply -f -`; each rule of a role says why it is there. */
export function toYaml(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => `---\n${documentOf(manifest)}`).join('');
}

const RULES: Readonly<Record<string, () => readonly Rule[]>> = {
  'ClusterRole sluice-hub': hubRole,
  'Role sluice-hub': hubNamespaceRole,
  'ClusterRole sluice-member': memberRole,
};

function documentOf(manifest: Manifest): string {
  // The same object in several places stays written out: nobody reads anchors.
  const document = new Document(manifest, { aliasDuplicateObjects: false });
  const rules = RULES[`${manifest.kind} ${manifest.metadata.name ?? ''}`]?.() ?? [];
  for (const [index, { reason }] of rules.entries()) {
    const node = document.getIn(['rules', index], true) as Node | undefined; // kept as a node by `true`
    if (node) node.commentBefore = ` ${reason}`;
  }
  return document.toString({ lineWidth: 0 });
}
