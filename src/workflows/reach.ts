import { backendId } from '../plan/backend-id.ts';
import type { BackendId } from '../plan/types.ts';
import type { Entity } from './entity.ts';
import type { Reach } from './records.ts';

/** Where those backends are reached that the planes know. */
export function reachOf({ published, addresses, hostnames = {}, ports = {} }: Entity): Reach {
  const own = published.backends.map(backendId).filter((id) => ports[id] !== undefined);
  const pick = (from: Readonly<Record<BackendId, readonly string[]>>): Reach['addresses'] => {
    const ids = published.backends.map(backendId).filter((id) => (from[id]?.length ?? 0) > 0);
    return Object.fromEntries(ids.map((id) => [id, (from[id] ?? []).toSorted()]));
  };
  return {
    addresses: pick(addresses),
    hostnames: pick(hostnames),
    ...(own.length > 0 && { ports: Object.fromEntries(own.map((id) => [id, ports[id] ?? 0])) }),
  };
}
