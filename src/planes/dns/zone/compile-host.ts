import type { GlobalIngress, Target } from '../../../plan/global-ingress.ts';
import { MAX_NAME, TYPE } from '../wire/constants.ts';
import { labelKey, type NameKey } from '../wire/names.ts';
import { addressSets, type RecordSet, recordSet, textValue } from '../wire/records.ts';
import type { Choice, Entry, Node } from './types.ts';

/** `_sluice.<host> TXT` tells what is in force now, so nobody may keep it. */
const FACTS_TTL_SECONDS = 0;

/** Encodes all answers of a hostname: itself, `<cluster>.<host>` and `_sluice.<host>`. */
export function compileHost(state: GlobalIngress, key: NameKey, zone: number): Node {
  const targets = state.targets.map((target) => ({ target, ...addressSets(target.addresses, state.ttlSeconds) }));
  const a = choices(targets.map(({ target, a: records }) => ({ target, records })));
  const aaaa = choices(targets.map(({ target, aaaa: records }) => ({ target, records })));
  const entries = new Map<number, Entry>();
  if (a.length > 0) entries.set(TYPE.A, { kind: 'drawn', host: state.host, choices: a });
  if (aaaa.length > 0) entries.set(TYPE.AAAA, { kind: 'drawn', host: state.host, choices: aaaa });
  const children = new Map<string, Node>();
  const addChild = (label: string, node: Node) => {
    const child = labelKey(label);
    if (child !== undefined && child.length + key.length <= MAX_NAME) children.set(child, node);
  };
  for (const { target, ...sets } of targets) addChild(target.cluster, { zone, entries: clusterEntries(sets) });
  addChild('_sluice', { zone, entries: new Map([[TYPE.TXT, facts(state)]]) });
  return { zone, entries, children };
}

/** Clusters with traffic and with addresses of the family: as long as there is one, no answer is empty. */
function choices(sets: readonly { readonly target: Target; readonly records: RecordSet }[]): readonly Choice[] {
  return sets
    .filter(({ target, records }) => target.share > 0 && records.count > 0)
    .map(({ target, records }) => ({ cluster: target.cluster, share: target.share, records }));
}

function clusterEntries({ a, aaaa }: { readonly a: RecordSet; readonly aaaa: RecordSet }): ReadonlyMap<number, Entry> {
  const entries = new Map<number, Entry>();
  if (a.count > 0) entries.set(TYPE.A, { kind: 'fixed', records: a });
  if (aaaa.count > 0) entries.set(TYPE.AAAA, { kind: 'fixed', records: aaaa });
  return entries;
}

function facts(state: GlobalIngress): Entry {
  const shares = state.targets.map(({ cluster, share }) => `${cluster}=${share}`);
  const strings = [`revision=${state.revision}`, `ttl=${state.ttlSeconds}`, ...shares];
  return { kind: 'fixed', records: recordSet({ type: TYPE.TXT, ttlSeconds: FACTS_TTL_SECONDS }, [textValue(strings)]) };
}
