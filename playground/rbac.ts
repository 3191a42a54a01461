import { memberManifests } from '../src/hub/resources/manifests.ts';
import { SLUICE_USER } from './apiserver.ts';
import type { KubeObject } from './kube-api.ts';

/** What `sluice install` puts into a member cluster: the rights of Sluice there, for its user. */
export function sluiceRights(): readonly KubeObject[] {
  return memberManifests({ user: SLUICE_USER }).map(({ metadata, ...object }) => {
    if (metadata.name === undefined) throw new Error(`a ${object.kind} of sluice install has no name`);
    return { ...object, metadata: { ...metadata, name: metadata.name } };
  });
}
