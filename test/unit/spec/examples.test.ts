import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { place } from '../../../src/plan/placement.ts';
import { admit } from '../../../src/spec/admission.ts';
import { parse } from '../../../src/spec/parse.ts';

const folder = new URL('../../../examples/', import.meta.url);
const playground = {
  clusters: ['east', 'west', 'north'].map((name) => ({ name, labels: { region: name === 'north' ? 'us' : 'eu' } })),
  zones: ['example.test'],
  regions: [],
};

describe('the examples', () => {
  it.each(readdirSync(folder).filter((file) => file.endsWith('.yaml')))(
    '%s says what it is and is admitted',
    (file) => {
      const text = readFileSync(new URL(file, folder), 'utf8');
      expect(text).toMatch(/^# [A-Z].*\.\n/);
      const parsed = parse(parseYaml(text));
      expect(parsed).toMatchObject({ kind: 'valid' });
      expect(parsed.kind === 'valid' && admit(place(parsed.value, playground.clusters, []), playground)).toEqual([]);
    },
  );
});
