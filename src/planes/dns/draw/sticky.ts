import type { SlotRange } from '../../../plan/global-ingress.ts';
import type { Client } from '../client.ts';

/** Clients are told apart by this much of their address: what one network has, octets (/24 and /56). */
const NETWORK_OCTETS = { 4: 3, 6: 7 } as const;
const SLOTS = 10_000;

export interface StickyShare {
  readonly cluster: string;
  readonly share: number;
}

/**
 * The same choice for the same client for as long as its slot belongs to the same cluster. A client whose cluster is not
 * among the choices (it is down, or has no address of the family) goes by share to one of the others, again always the same.
 */
export function stickyDraw(choices: readonly StickyShare[], slots: readonly SlotRange[]): (client: Client) => number {
  const owners = slotOwners(choices, slots);
  const total = choices.reduce((sum, { share }) => sum + share, 0);
  return (client) => {
    const hash = clientHash(client);
    const slot = hash % SLOTS;
    const owner = owners.find(({ end }) => slot < end)?.index ?? -1;
    // Other bits than those that chose the slot, or all clients of one slot would go the same way.
    return owner >= 0 ? owner : indexAt(choices, scramble(hash ^ SECOND_SEED) % Math.max(1, total));
  };
}

/** Leading bits of an address that the choice depends on. */
export function stickyBits(family: 4 | 6): number {
  return NETWORK_OCTETS[family] * 8;
}

interface SlotOwner {
  /** Behind its last slot. */
  readonly end: number;
  /** Of the choice that the slots belong to; -1 for none. */
  readonly index: number;
}

function slotOwners(choices: readonly StickyShare[], slots: readonly SlotRange[]): readonly SlotOwner[] {
  let end = 0;
  return slots.map(({ cluster, count }) => {
    end += count;
    return { end, index: choices.findIndex((choice) => choice.cluster === cluster) };
  });
}

function indexAt(choices: readonly StickyShare[], point: number): number {
  let end = 0;
  const found = choices.findIndex(({ share }) => {
    end += share;
    return point < end;
  });
  return Math.max(0, found);
}

const SECOND_SEED = 0x9e37_79b9;
const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/** The same on every server, so that it does not matter which one a client asks (FNV-1a, then MurmurHash3's finalizer). */
function clientHash({ family, octets, bits }: Client): number {
  let hash = FNV_OFFSET ^ family;
  for (let index = 0; index < NETWORK_OCTETS[family]; index += 1) {
    hash = Math.imul(hash ^ knownOctet(octets, index, bits), FNV_PRIME);
  }
  return scramble(hash);
}

function knownOctet(octets: Uint8Array, index: number, bits: number): number {
  const known = Math.min(8, Math.max(0, bits - index * 8));
  return (octets[index] ?? 0) & (0xff00 >> known) & 0xff;
}

function scramble(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
