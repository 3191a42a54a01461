import { formatSeconds } from '../../lib/duration.ts';
import type { Facts, HistoryEntry } from '../../workflows/status.ts';
import { orNone, table } from './table.ts';
import type { Line } from './text.ts';
import { formatShare } from './units.ts';

const HEADER = ['TIME', 'ACTOR', 'DOOR', 'ACTION', 'CHANGED', 'MESSAGE'];

/** `sluice history NAME`: one row an entry; wide has their numbers too. */
export function historyView(entries: readonly HistoryEntry[], wide = false): Line[] {
  const header = wide ? ['NUMBER', ...HEADER] : HEADER;
  return table(
    header,
    entries.map((entry) => cells(entry, wide)),
  );
}

/** An entry that comes while one looks on: nobody knows yet how wide its column will be. */
export function historyLine(entry: HistoryEntry, wide = false): Line {
  return [cells(entry, wide).join('   ')];
}

/** What happened, and why where the sentence does not say it already. */
export function messageAndReason({ message, reason = '' }: HistoryEntry): string {
  return reason === '' || message.includes(reason) ? orNone(message) : `${message}: ${reason}`;
}

/** Names of people may have blanks, which would be a column more. */
export function actorCell({ actor }: HistoryEntry): string {
  return orNone(actor.replaceAll(' ', '_'));
}

function cells(entry: HistoryEntry, wide: boolean): readonly string[] {
  const number = wide ? [String(entry.number)] : [];
  const { at, door, action } = entry;
  return [...number, at, actorCell(entry), orNone(door ?? ''), action, changedCell(entry), messageAndReason(entry)];
}

/** `generation=1->2,step=3->4,east=90%->50%`: no blanks, so that `awk` finds the columns. */
function changedCell({ before = {}, after = {} }: HistoryEntry): string {
  const scalars = (['generation', 'state', 'step'] as const).flatMap((fact) =>
    changed(fact, before[fact]?.toString(), after[fact]?.toString()),
  );
  const ttl = changed('ttl', ttlOf(before), ttlOf(after));
  const withheld = changed('withheld', listOf(before), listOf(after));
  return orNone([...scalars, ...sharesChanged(before, after), ...ttl, ...withheld].join(','));
}

function sharesChanged({ shares: from = {} }: Facts, { shares: to = {} }: Facts): readonly string[] {
  const clusters = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
  return clusters.flatMap((cluster) =>
    changed(cluster, formatShare(from[cluster] ?? 0), formatShare(to[cluster] ?? 0)),
  );
}

function ttlOf({ ttlSeconds }: Facts): string | undefined {
  return ttlSeconds === undefined ? undefined : formatSeconds(ttlSeconds);
}

function listOf({ withheld }: Facts): string | undefined {
  return withheld?.join('+');
}

function changed(what: string, before: string | undefined, after: string | undefined): readonly string[] {
  return before === after ? [] : [`${what}=${before ?? 'none'}->${after ?? 'none'}`];
}
