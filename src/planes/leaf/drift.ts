import { isRecord, type KubernetesObject } from '../../lib/kubernetes/objects.ts';
import type { DriftField } from './leaf.ts';
import { type Claim, claimBelow, claimsOf, itemKeys, latestManager } from './managed-fields.ts';

/** A status has little room; who changed more than this has changed the whole. */
const FIELDS_LIMIT = 20;
const TEXT_LIMIT = 200;
/** What identifies the object rather than being wanted of it. */
const IDENTITY: readonly string[] = ['namespace', 'name', 'uid', 'resourceVersion'];

/**
 * Where an object differs from what was written. Only what the manifest says counts: fields that the server, a
 * controller or somebody else has added are theirs.
 */
export function driftOf(manifest: object, found: KubernetesObject): readonly DriftField[] {
  const { metadata = {}, ...rest } = { ...manifest } as { metadata?: unknown }; // a spread is a plain record
  const named = isRecord(metadata) ? Object.entries(metadata).filter(([name]) => !IDENTITY.includes(name)) : [];
  const wanted = { ...rest, metadata: Object.fromEntries(named) };
  const all = compare(wanted, found, { path: '', claims: claimsOf(found) });
  return all.slice(0, FIELDS_LIMIT);
}

/** The object is not there at all. */
export const REMOVED: readonly DriftField[] = [{ path: '', wanted: 'the object', found: 'nothing' }];

interface Place {
  readonly path: string;
  readonly claims: readonly Claim[];
}

function compare(wanted: unknown, found: unknown, at: Place): readonly DriftField[] {
  if (wanted === undefined || wanted === null) return [];
  if (Array.isArray(wanted)) return compareLists(wanted, found, at);
  if (!isRecord(wanted)) return wanted === found ? [] : [difference(wanted, found, at)];
  const names = Object.keys(wanted);
  if (!isRecord(found)) return names.length === 0 ? [] : [difference(wanted, found, at)];
  return names.flatMap((name) => compare(wanted[name], found[name], below(at, name)));
}

function compareLists(wanted: readonly unknown[], found: unknown, at: Place): readonly DriftField[] {
  if (!Array.isArray(found)) return wanted.length === 0 ? [] : [difference(wanted, found, at)];
  const items: readonly unknown[] = found;
  const keys = itemKeys(at.claims);
  if (keys.length > 0) return compareKeyed(wanted, items, { ...at, keys });
  const length = Math.max(wanted.length, items.length);
  return Array.from({ length }, (_, index) => {
    const place = { path: `${at.path}[${index}]`, claims: at.claims };
    if (index >= wanted.length) return [difference(undefined, items[index], place)];
    if (index >= items.length) return [difference(wanted[index], undefined, place)];
    return compare(wanted[index], items[index], place);
  }).flat();
}

/** Items that are told apart by some of their fields, such as the ports of a Service: others may have theirs beside ours. */
function compareKeyed(
  wanted: readonly unknown[],
  found: readonly unknown[],
  { path, claims, keys }: Place & { readonly keys: readonly string[] },
): readonly DriftField[] {
  return wanted.flatMap((item, index) => {
    // A key field that the manifest leaves out is one that the server fills in.
    const written = keys.filter((key) => field(item, key) !== undefined);
    const same = found.find((other) => written.every((key) => field(item, key) === field(other, key)));
    return compare(item, same, { path: `${path}[${index}]`, claims: claimBelow(claims, same, keys) });
  });
}

function field(item: unknown, name: string): unknown {
  return isRecord(item) ? item[name] : undefined;
}

function below({ path, claims }: Place, name: string): Place {
  return { path: `${path}${/[^A-Za-z0-9_-]/.test(name) ? `[${name}]` : `.${name}`}`, claims: claimBelow(claims, name) };
}

function difference(wanted: unknown, found: unknown, { path, claims }: Place): DriftField {
  const manager = latestManager(claims);
  return { path, wanted: textOf(wanted), found: textOf(found), ...(manager !== undefined && { manager }) };
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}...` : text;
}
