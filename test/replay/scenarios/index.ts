import { CHANGES } from './changes.ts';
import { FAILURES } from './failures.ts';
import type { Scenario } from './scenario.ts';
import { STRATEGIES } from './strategies.ts';

/** Everything of which a history is stored. */
export const SCENARIOS: readonly Scenario[] = [...STRATEGIES, ...FAILURES, ...CHANGES];
