import type { MemberPlace } from '../kubernetes/places.ts';

/** Loopback addresses and ports of the bench, apart from those of `npm start`, of the tests and of the other benches. */

const FIRST_ADDRESS = 231;

export const MEMBERS: readonly MemberPlace[] = (['east', 'west'] as const).map((name, index) => ({
  name,
  address: `127.0.0.${FIRST_ADDRESS + index}`,
  gateways: [`127.1.0.${FIRST_ADDRESS + index}`, `127.2.0.${FIRST_ADDRESS + index}`],
}));

export const HUB = { name: 'hub', address: `127.0.0.${FIRST_ADDRESS + MEMBERS.length}` } as const;
export const TEMPORAL_PORT = 17_433;
export const API_PORT = 18_160;
/** Two servers, each a process of its own. */
export const DNS_SERVERS = ['127.0.0.1:15380', '127.0.0.1:15381'] as const;
export const ZONE = 'bench.test';

export type Side = 'east' | 'west';

/** What a client gets from DNS while this side has everything. */
export function addressOf(side: Side): string {
  const place = MEMBERS.find(({ name }) => name === side);
  if (!place) throw new Error(`there is no cluster ${side}`);
  return place.gateways[0];
}

export function hostOf(name: string): string {
  return `${name}.${ZONE}`;
}

export function otherSide(side: Side): Side {
  return side === 'east' ? 'west' : 'east';
}
