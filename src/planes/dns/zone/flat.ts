import { TYPE } from '../wire/constants.ts';
import type { FlatRecord } from '../wire/flat-record.ts';
import { labelKey, nameWire } from '../wire/names.ts';
import { addressData, httpsServiceValue, textValue } from '../wire/records.ts';
import type { CompiledHost } from './types.ts';

/**
 * A hostname as a secondary serves it. A secondary cannot draw, so it has the addresses of all clusters with traffic at
 * once, whatever their shares; what changes with every look (`_sluice`, `_explain`) it does not have.
 */
export function flatHost({ served, key }: CompiledHost): readonly FlatRecord[] {
  const { state, targets, challenges, failsOpen } = served;
  const { ttlSeconds } = state;
  const owner = nameWire(key);
  const shareOf = (cluster: string) => state.targets.find((target) => target.cluster === cluster)?.share ?? 0;
  const serving = targets.filter(({ cluster }) => shareOf(cluster) > 0);
  const alive = serving.filter(({ health }) => health.kind !== 'down');
  const answered = failsOpen || alive.length === 0 ? serving : alive;
  const named = state.previewOf === undefined ? targets : [];
  const child = (label: string) => Buffer.concat([nameWire(labelKey(label) ?? ''), owner]);
  return [
    ...addressRecords(owner, { addresses: answered.flatMap(({ addresses }) => addresses), ttlSeconds }),
    ...(state.tls ? [{ owner, type: TYPE.HTTPS, ttlSeconds, data: httpsServiceValue() }] : []),
    ...named.flatMap(({ cluster, addresses }) => addressRecords(child(cluster), { addresses, ttlSeconds })),
    ...challenges.map((value) => ({
      owner: child('_acme-challenge'),
      type: TYPE.TXT,
      ttlSeconds: 1,
      data: textValue([value]),
    })),
  ];
}

interface Addresses {
  readonly addresses: readonly string[];
  readonly ttlSeconds: number;
}

function addressRecords(owner: Buffer, { addresses, ttlSeconds }: Addresses): readonly FlatRecord[] {
  const { a, aaaa } = addressData(addresses);
  return [
    ...a.map((data) => ({ owner, type: TYPE.A, ttlSeconds, data })),
    ...aaaa.map((data) => ({ owner, type: TYPE.AAAA, ttlSeconds, data })),
  ];
}
