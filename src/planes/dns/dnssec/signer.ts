import { needsRenewal, type SetToSign, type SignatureWindow, signatureWindow, signRecordSet } from './sign.ts';
import { type SigningKey, zoneWireName } from './signing-key.ts';

export interface ZoneSignerOptions {
  /** As it is written: example.test. */
  readonly zone: string;
  /** As `loadKeys` gives them: exactly one is active. */
  readonly keys: readonly SigningKey[];
  /** Seconds since 1970. */
  readonly now: () => number;
}

export interface Signature {
  /** RDATA of the RRSIG record. Its owner, class and TTL are those of the set. */
  readonly rrsigData: Buffer;
  /** Ask `isStale` with it. */
  readonly expiration: number;
}

/** Signs the sets of one zone. Costs one ECDSA signature a call and keeps nothing: hold what it returns beside the set. */
export class ZoneSigner {
  /** Wire form of the zone's name. */
  readonly apex: Buffer;
  readonly #key: SigningKey;
  readonly #dnskeys: readonly Buffer[];
  readonly #now: () => number;

  constructor({ zone, keys, now }: ZoneSignerOptions) {
    const active = keys.filter((key) => key.state === 'active');
    const [key] = active;
    if (key === undefined || active.length > 1) {
      throw new Error(`${zone} has ${active.length} active keys: exactly one signs`);
    }
    this.apex = zoneWireName(zone);
    this.#key = key;
    this.#dnskeys = keys.map(({ dnskeyData }) => dnskeyData);
    this.#now = now;
  }

  sign(set: SetToSign): Signature {
    const window: SignatureWindow = signatureWindow(this.#now());
    const rrsigData = signRecordSet({ ...set, ...window, signer: this.apex, key: this.#key });
    return { rrsigData, expiration: window.expiration };
  }

  /** True when a signature is to be made anew. */
  isStale(signature: Pick<Signature, 'expiration'>): boolean {
    return needsRenewal(signature, this.#now());
  }

  /** RDATA of the DNSKEY records at the apex. */
  dnskeys(): readonly Buffer[] {
    return this.#dnskeys;
  }
}
