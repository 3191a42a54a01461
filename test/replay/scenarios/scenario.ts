import type { SteeringVerb } from '../../../src/client/client.ts';
import type { Status } from '../../../src/workflows/status.ts';
import type { ScriptedCluster } from '../../feature/workflow/scripted-clusters.ts';

import { type ScriptedSluice, V1, V2 } from '../../feature/workflow/scripted-sluice.ts';

/** The life of one FederatedIngress that is recorded: from its first document to a rest, or to its end. */
export interface Scenario {
  /** What its file is called. */
  readonly name: string;
  /** EAST_AND_WEST when absent. */
  readonly clusters?: Readonly<Record<string, Partial<ScriptedCluster>>>;
  /** Words that its histories have to hold: those that `wordsIn` finds. */
  readonly holds: readonly string[];
  readonly play: (sluice: ScriptedSluice) => Promise<unknown>;
}

export const EAST_AND_WEST = { east: {}, west: {} };
export const V1_WEST = { ...V1, name: 'v1-west', cluster: 'west' };
export const V2_WEST = { ...V2, name: 'v2-west', cluster: 'west' };
export const ROUTE = { kind: 'HTTPRoute', cluster: 'east', namespace: 'default', name: 'shop' } as const;
export const EDIT = [{ path: '.spec.rules', wanted: '2', found: '1', manager: 'kubectl-edit' }];

/** 20 %, then a pause until promoted. */
export const CANARY = { canary: { steps: [{ setWeight: 20 }, { pause: {} }], readyTimeout: '1s' } };

export function steer(sluice: ScriptedSluice, verb: SteeringVerb, input: object = {}): Promise<unknown> {
  return sluice.client.steer(verb, 'default', 'shop', input);
}

export function untilState(sluice: ScriptedSluice, state: Status['state']): Promise<Status> {
  return sluice.untilStatus(state, (status) => status.state === state);
}

export function untilActed(sluice: ScriptedSluice, action: string): Promise<Status> {
  return sluice.untilStatus(action, ({ history }) => history.some((entry) => entry.action === action));
}
