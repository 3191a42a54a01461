import type { DnsExplanation, ExplainedByServer } from '../../client/http/dns-schemas.ts';
import { table } from './table.ts';
import { type Line, type Span, type Tone, wrapText } from './text.ts';
import { formatAge, formatShare } from './units.ts';

const HEADER = ['SERVER', 'REVISION', 'CLUSTER', 'SHARE', 'HEALTH', 'SINCE', 'MESSAGE'];

/** `sluice explain`: sentences, and below them what each server knows of each cluster. */
export function explainView({ servers, summary }: DnsExplanation, now: Date, width?: number): Line[] {
  const explained = servers.flatMap((server) => (server.kind === 'explained' ? [server] : []));
  return [
    ...summary.flatMap((sentence) => wrapText(sentence, width).map((text) => [text])),
    [],
    ...table(
      HEADER,
      explained.flatMap((server) => clusterRows(server, now)),
    ),
  ];
}

const TONES: Readonly<Record<'up' | 'down' | 'unknown', Tone>> = { up: 'good', down: 'bad', unknown: 'busy' };

function clusterRows({ server, revision, clusters }: ExplainedByServer, now: Date): readonly (readonly Span[])[] {
  return clusters.map(({ cluster, share, health: { state, since, message } }) => [
    server,
    String(revision),
    cluster,
    formatShare(share),
    { text: state, tone: TONES[state] },
    formatAge(since, now),
    message,
  ]);
}
