import { expect, it } from 'vitest';
import { hubManifests, memberManifests } from '../../../src/hub/resources/manifests.ts';
import { toYaml } from '../../../src/hub/resources/yaml.ts';

it.each([
  ['hub', hubManifests()],
  ['member', memberManifests()],
])('deploy/kubernetes/%s.yaml', async (name, manifests) => {
  await expect(toYaml(manifests)).toMatchFileSnapshot(`../../../deploy/kubernetes/${name}.yaml`);
});
