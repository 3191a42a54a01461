import type { ClientError } from '../client/errors.ts';
import { formatIssues } from '../spec/document.ts';
import { type Memory, type Verdict, withVerdict } from './memory.ts';

const REASONS = {
  invalid: 'InvalidSpec',
  hostnameClaimed: 'HostnameClaimed',
  notFound: 'NotFound',
  refused: 'Refused',
  unavailable: 'TemporalUnavailable',
} as const satisfies Record<ClientError['kind'], string>;

/** Condition Accepted, by what handing the spec over came to. */
export function verdictOf(
  refused: ClientError | undefined,
  observedGeneration: number,
): Omit<Verdict, 'lastTransitionTime'> {
  if (refused === undefined) {
    const message = `generation ${observedGeneration} was handed over`;
    return { type: 'Accepted', status: 'True', reason: 'Accepted', message, observedGeneration };
  }
  const status = refused.kind === 'unavailable' ? 'Unknown' : 'False';
  const message = refused.issues.length > 0 ? formatIssues(refused.issues) : refused.message;
  return { type: 'Accepted', status, reason: REASONS[refused.kind], message, observedGeneration };
}

/** While somebody else has the hostname there may be no workflow that could say so. */
export function claimVerdict(
  memory: Memory,
  { kind, message }: ClientError,
  observedGeneration: number,
  now: Date,
): Memory {
  if (kind !== 'hostnameClaimed') return memory;
  const claim = { type: 'HostnameClaimed', status: 'False', reason: 'ClaimedByAnother', message } as const;
  return withVerdict(memory, { ...claim, observedGeneration }, now);
}
