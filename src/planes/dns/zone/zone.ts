import { TYPE } from '../wire/constants.ts';
import { type NameKey, nameWire, requiredKey } from '../wire/names.ts';
import { type StartOfAuthority, soaValue } from '../wire/records.ts';
import { makeRecords } from './records.ts';
import type { Records, Signer, Zone } from './types.ts';

/** What is fixed about a zone for as long as the server runs. */
export interface ZoneSettings {
  readonly name: string;
  readonly nameServers: readonly NameServer[];
  /** SOA RNAME, as a name: `hostmaster.example.test`. */
  readonly mailbox: string;
  /** How long a name that is not there may be remembered as such (RFC 2308 section 5), seconds. */
  readonly negativeTtlSeconds: number;
  readonly signer?: Signer | undefined;
  /** The SOA of the zone's file; its serial is not used. */
  readonly soa?: Omit<StartOfAuthority, 'serial'> | undefined;
}

export interface NameServer {
  readonly name: string;
  /** For a name server in the zone: what its A and AAAA records say. */
  readonly addresses: readonly string[];
}

/** For secondaries, seconds; RFC 1912 section 2.2, on its quick side. */
const TIMERS = { refreshSeconds: 3_600, retrySeconds: 600, expireSeconds: 1_209_600 };

/** Zones from settings; the ones that hold others come to know them. Throws for one that is no name. */
export function makeZones(
  settings: readonly ZoneSettings[],
  serials: Readonly<Record<string, number>>,
): readonly SettledZone[] {
  const zones: SettledZone[] = [];
  // Outer zones first, so that each finds the one it is in.
  for (const one of [...settings].sort((left, right) => left.name.length - right.name.length)) {
    const key = requiredKey(one.name);
    const parent = zones.findLast((zone) => key !== zone.key && isInZone(key, zone.key));
    zones.push(new SettledZone(one, { key, parent, serial: serials[one.name] ?? 1 }));
  }
  return zones;
}

interface Place {
  readonly key: NameKey;
  readonly parent: Zone | undefined;
  readonly serial: number;
}

/** A zone whose SOA follows its serial. */
export class SettledZone implements Zone {
  readonly name: string;
  readonly key: NameKey;
  readonly parent: Zone | undefined;
  readonly signer: Signer | undefined;
  readonly negativeTtlSeconds: number;
  readonly settings: ZoneSettings;
  serial: number;
  soa: Records;

  constructor(settings: ZoneSettings, { key, parent, serial }: Place) {
    this.name = settings.name;
    this.key = key;
    this.parent = parent;
    this.signer = settings.signer;
    this.negativeTtlSeconds = settings.soa?.negativeTtlSeconds ?? settings.negativeTtlSeconds;
    this.settings = settings;
    this.serial = serial;
    this.soa = this.#makeSoa();
  }

  /** From the next answer on. */
  renumber(serial: number): void {
    this.serial = serial;
    this.soa = this.#makeSoa();
  }

  /** SOA RDATA at the present serial. */
  soaData(): Buffer {
    return soaData(this.settings, this.serial);
  }

  #makeSoa(): Records {
    // Its own TTL bounds negative answers too (RFC 2308 section 3), so both are the same.
    const ttlSeconds = this.negativeTtlSeconds;
    return makeRecords(this, this.key, { type: TYPE.SOA, ttlSeconds, data: [this.soaData()] });
  }
}

/** RDATA of a zone's SOA (RFC 1035 section 3.3.13). */
export function soaData(settings: ZoneSettings, serial: number): Buffer {
  const { name, nameServers, mailbox, negativeTtlSeconds, soa } = settings;
  if (soa !== undefined) return soaValue({ ...soa, serial });
  return soaValue({
    primary: nameWire(requiredKey(nameServers[0]?.name ?? name)),
    mailbox: nameWire(requiredKey(mailbox)),
    serial,
    ...TIMERS,
    negativeTtlSeconds,
  });
}

/** Whether a name is in a zone: at its apex, or below it at a label's border. */
export function isInZone(key: NameKey, zone: NameKey): boolean {
  if (!key.endsWith(zone)) return false;
  for (let at = 0; at <= key.length - zone.length; at += 1 + key.charCodeAt(at)) {
    if (at === key.length - zone.length) return true;
  }
  return false;
}
