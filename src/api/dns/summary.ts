import type {
  ExplainedAnswer,
  ExplainedByServer,
  ExplainedCluster,
  ServerExplanation,
} from '../../client/http/dns-schemas.ts';
import { joinAnd } from '../../spec/words.ts';

interface Question {
  readonly host: string;
  /** In the form in which servers repeat it. */
  readonly subnet?: string | undefined;
}

/** Who would answer, and why, in sentences; what all servers say alike is said once. */
export function summarize(question: Question, servers: readonly ServerExplanation[]): readonly string[] {
  const said = servers.flatMap((server) => (server.kind === 'explained' ? [sayServer(question, server)] : []));
  const texts = new Set(said.map(({ sentences }) => sentences.join('\n')));
  const first = said[0]?.sentences ?? [];
  const explained =
    texts.size < 2 ? first : said.flatMap(({ server, sentences }) => sentences.map((one) => `${server}: ${one}`));
  return [...explained, ...servers.flatMap((server) => (server.kind === 'unknown' ? [server.message] : []))];
}

interface Said {
  readonly server: string;
  readonly sentences: readonly string[];
}

function sayServer(question: Question, explained: ExplainedByServer): Said {
  const { server, revision, ttlSeconds, clusters, failsOpen } = explained;
  const heard = question.subnet === undefined || question.subnet === explained.client;
  const down = clusters.filter(({ share, health }) => share > 0 && health.state === 'down');
  return {
    server,
    sentences: [
      `revision ${revision} of ${question.host} is served, with a TTL of ${ttlSeconds} s`,
      ...(heard ? [] : [`the server heeds no client subnets (dns.clientSubnet), so this is for ${explained.client}`]),
      ...sayAnswers(explained),
      ...(failsOpen ? [sayFailOpen(down)] : down.map(sayDown)),
    ],
  };
}

/** A and AAAA together where they are alike, which is the rule. */
function sayAnswers(explained: ExplainedByServer): readonly string[] {
  const { answers } = explained;
  if (answers.length === 0) return ['no address is answered: no cluster with a share has one'];
  const said = answers.map((answer) => ({ type: answer.type, words: sayWho(explained, answer) }));
  const isAlike = said.every(({ words }) => words === said[0]?.words);
  if (!isAlike) return said.map(({ type, words }) => `${type} ${words}`);
  return [`${joinAnd(said.map(({ type }) => type))} ${said[0]?.words ?? ''}`];
}

function sayWho(explained: ExplainedByServer, answer: ExplainedAnswer): string {
  const { routing, region, client } = explained;
  const who = sayDraw(explained, answer);
  if (routing !== 'geo') return who;
  return region === undefined ? `${client} is in no region: ${who}` : `for region ${region}: ${who}`;
}

function sayDraw(
  { routing, draw, client, clusters }: ExplainedByServer,
  { clusters: drawn, scopeBits }: ExplainedAnswer,
) {
  if (drawn.length > 1) return `in turn by share: ${sayShares(clusters, drawn)}`;
  const always = `always ${drawn[0] ?? ''}`;
  if (routing === 'failover') return `${always}, the first of the failover order that can`;
  // Of a single cluster nothing is drawn, and nothing depends on the client.
  if (draw === 'sticky' && scopeBits > 0) return `${always} for ${client} (sticky)`;
  return routing === 'geo' ? always : `${always}, the only cluster that can`;
}

/** As they are drawn: among these clusters alone. */
function sayShares(clusters: readonly ExplainedCluster[], drawn: readonly string[]): string {
  const shares = drawn.map((name) => ({ name, share: clusters.find(({ cluster }) => cluster === name)?.share ?? 0 }));
  const total = shares.reduce((sum, { share }) => sum + share, 0);
  return shares.map(({ name, share }) => `${name} ${percent(share, total)} %`).join(', ');
}

function percent(share: number, total: number): number {
  return total === 0 ? 0 : Math.round((share * 10_000) / total) / 100;
}

function sayFailOpen(down: readonly ExplainedCluster[]): string {
  const names = down.map(({ cluster }) => cluster);
  const verb = names.length === 1 ? 'is' : 'are';
  return `all are answered although ${joinAnd(names)} ${verb} down: too much of the share would go (fail open)`;
}

function sayDown({ cluster, health }: ExplainedCluster): string {
  return `${cluster} is down since ${health.since}: ${health.message}`;
}
