import { machineClock, totalsText } from '../answer-totals.ts';
import type { Client } from '../client.ts';
import { formatNetwork } from '../client.ts';
import { TYPE } from '../wire/constants.ts';
import type { CompiledHost, DrawnEntry } from '../zone/types.ts';

/** A string has 255 octets, and all strings of 256 clusters have to fit one record. */
const MOST_MESSAGE = 100;

/** What of a hostname is in force at every server of this address: revision, TTL and shares. */
export function facts({ served: { state }, confirmed }: CompiledHost): readonly string[] {
  const shares = state.targets.map(({ cluster, share }) => `${cluster}=${share}`);
  return [`revision=${confirmed.revision}`, `ttl=${state.ttlSeconds}`, ...shares];
}

/** What a hostname has been answered with, at every server of this address; asking has it counted anew. */
export function totals({ served, totals: totalsOf }: CompiledHost): readonly string[] {
  return totalsText(totalsOf(served.state.host), machineClock());
}

/**
 * What a client would get from this hostname, and why: one TXT record with one `key=value` string a fact. It does not
 * count as an answer, and where clusters are drawn in turn it says whose turn it may be instead of taking it.
 */
export function explanation({ served, node, regions }: CompiledHost, client: Client): readonly string[] {
  const { state, failsOpen, targets } = served;
  const { routing } = state;
  const draw = routing.kind === 'failover' ? [] : [`draw=${routing.draw.kind}`];
  const region = routing.kind === 'geo' ? regions.lookup(client).region : undefined;
  const health = targets.map(({ cluster, health: { kind, since, message } }) => {
    return `health=${cluster} ${kind} ${new Date(since).toISOString()} ${message.slice(0, MOST_MESSAGE)}`;
  });
  const shares = state.targets.map(({ cluster, share }) => `share=${cluster} ${share}`);
  const answers = [
    ['A', node.entries.get(TYPE.A)],
    ['AAAA', node.entries.get(TYPE.AAAA)],
  ] as const;
  return [
    `revision=${state.revision}`,
    `ttl=${state.ttlSeconds}`,
    `client=${formatNetwork(client)}`,
    `routing=${routing.kind}`,
    ...draw,
    ...(region === undefined ? [] : [`region=${region}`]),
    ...(failsOpen ? ['failsOpen=true'] : []),
    ...shares,
    ...health,
    ...answers.flatMap(([type, entry]) => (entry?.kind === 'drawn' ? whoAnswers(type, entry, client) : [])),
  ];
}

function whoAnswers(type: string, { choices, draw }: DrawnEntry, client: Client): readonly string[] {
  const scope = `scope=${type} ${draw.scopeBits(client)}`;
  return [scope, ...draw.candidates(client).flatMap((index) => `answer=${type} ${choices[index]?.cluster ?? ''}`)];
}
