import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { simulate } from '../../src/plan/simulate.ts';
import { parseFault, parseRecovery, type Scenario } from '../../src/plan/simulate-scenario.ts';
import { explainSimulation } from '../../src/plan/simulate-text.ts';
import { type Given, planInputOf } from './given.ts';

interface Case extends Given {
  readonly fail?: readonly string[];
  readonly recover?: readonly string[];
}

function scenarioOf({ fail = [], recover = [] }: Case): Scenario {
  return {
    faults: fail.map((text) => parseFault(text) ?? refuse(text)),
    recoveries: recover.map((text) => parseRecovery(text) ?? refuse(text)),
  };
}

function refuse(text: string): never {
  throw new Error(`${text} is neither a fault nor a recovery`);
}

const folder = new URL('simulations/', import.meta.url);
const cases = readdirSync(folder).filter((file) => file.endsWith('.in.yaml'));

it.each(cases)('what `sluice simulate` prints: %s', async (file) => {
  const given: Case = parseYaml(readFileSync(new URL(file, folder), 'utf8'));
  const start = planInputOf(given);
  const live = given.before.length === 0 ? {} : { live: start.inForce };
  const text = explainSimulation(simulate({ start, ...live, scenario: scenarioOf(given) }));
  await expect(`${text}\n`).toMatchFileSnapshot(`simulations/${file.replace('.in.yaml', '.out.txt')}`);
});
