import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { anApi } from '../unit/api/api.ts';

it('the description of the HTTP API', async () => {
  const { app } = anApi();
  const description = (await app.inject({ url: '/openapi.json' })).json();
  // The same object in several places stays written out: nobody reads anchors.
  await expect(stringify(description, { aliasDuplicateObjects: false })).toMatchFileSnapshot('openapi.yaml');
});
