import type { PromoteInput } from '../workflows/messages.ts';
import type { HubVerb } from './memory.ts';

interface Asked {
  readonly verb: HubVerb;
  /** The first word: another one asks anew. */
  readonly nonce: string;
}

type Input = Pick<PromoteInput, 'reason' | 'toGeneration' | 'cluster'>;

export type SteeringAction =
  | (Asked & { readonly kind: 'steer'; readonly input: Input })
  /** What is written makes no sense, and will not later. */
  | (Asked & { readonly kind: 'refuse'; readonly message: string });

/**
 * `42 looks good` is the nonce 42 and a reason. After the nonce drain and undrain name a cluster, `42 east kernel update`, and
 * undo may say `generation=3`: a number alone could as well begin the reason. Undefined for an annotation without words.
 */
export function readAnnotation(verb: HubVerb, value: string): SteeringAction | undefined {
  const [nonce = '', ...words] = value.trim().split(/\s+/);
  if (nonce === '') return undefined;
  if (verb === 'undo') return readUndo(nonce, words);
  if (verb === 'drain' || verb === 'undrain') return readCluster({ verb, nonce }, words);
  return { kind: 'steer', verb, nonce, input: reasonOf(words) };
}

const GENERATION = 'generation=';

function readUndo(nonce: string, words: readonly string[]): SteeringAction {
  const asked = { verb: 'undo', nonce } as const;
  const [first = '', ...rest] = words;
  if (!first.startsWith(GENERATION)) return { kind: 'steer', ...asked, input: reasonOf(words) };
  const found = first.slice(GENERATION.length);
  if (/^[1-9][0-9]{0,8}$/.test(found)) {
    return { kind: 'steer', ...asked, input: { toGeneration: Number(found), ...reasonOf(rest) } };
  }
  const message = `found generation ${JSON.stringify(found)}; allowed: a number of status.undoable, such as "${nonce} generation=3"`;
  return { kind: 'refuse', ...asked, message };
}

function readCluster(asked: Asked, [cluster, ...words]: readonly string[]): SteeringAction {
  if (cluster !== undefined) return { kind: 'steer', ...asked, input: { cluster, ...reasonOf(words) } };
  const { verb, nonce } = asked;
  const message = `found no cluster to ${verb}; write it after the nonce, such as sluice.dev/${verb}="${nonce} east"`;
  return { kind: 'refuse', ...asked, message };
}

function reasonOf(words: readonly string[]): Pick<PromoteInput, 'reason'> {
  return words.length === 0 ? {} : { reason: words.join(' ') };
}
