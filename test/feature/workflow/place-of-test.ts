import { expect } from 'vitest';
import { testPlayground } from '../../support/playground.ts';
import type { ScriptedPlace } from './scripted-sluice.ts';

/** The Temporal of this run of the tests, and the name of the test that runs. */
export function placeOfTest(): ScriptedPlace {
  const { currentTestName = 'test' } = expect.getState();
  const name = currentTestName.replaceAll(/[^a-z]+/gi, '-').slice(0, 40);
  return { address: testPlayground().temporal.address, name };
}
