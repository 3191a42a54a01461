import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { explainPlan } from '../../src/plan/explain.ts';
import { plan } from '../../src/plan/plan.ts';
import { type Given, planInputOf } from './given.ts';

const folder = new URL('.', import.meta.url);
const cases = readdirSync(folder).filter((file) => file.endsWith('.in.yaml'));

describe('the plan that --dry-run prints', () => {
  it.each(cases)('is as in the golden file: %s', async (file) => {
    const given: Given = parseYaml(readFileSync(new URL(file, folder), 'utf8'));
    const text = `${explainPlan(plan(planInputOf(given)))}\n`;
    await expect(text).toMatchFileSnapshot(file.replace('.in.yaml', '.out.txt'));
  });
});
