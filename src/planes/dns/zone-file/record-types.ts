import { TYPE } from '../wire/constants.ts';
import {
  type Field,
  hexField,
  integerField,
  ipv4Field,
  ipv6Field,
  nameField,
  secondsField,
  stringField,
  stringsField,
  tagField,
  textField,
} from './fields.ts';
import { serviceParametersField } from './service-parameters.ts';

const service = [integerField('priority', 2), nameField('target'), serviceParametersField];

/** The data of the types that can be written in words, in the order of the wire. All others have the form of RFC 3597. */
const FIELDS: ReadonlyMap<number, readonly Field[]> = new Map<number, readonly Field[]>([
  [TYPE.A, [ipv4Field]],
  [TYPE.NS, [nameField('host')]],
  [TYPE.CNAME, [nameField('target')]],
  [
    TYPE.SOA,
    [
      nameField('primary'),
      nameField('mailbox'),
      integerField('serial', 4),
      secondsField('refresh'),
      secondsField('retry'),
      secondsField('expire'),
      secondsField('minimum'),
    ],
  ],
  [TYPE.PTR, [nameField('target')]],
  [TYPE.HINFO, [stringField('cpu'), stringField('system')]],
  [TYPE.MX, [integerField('preference', 2), nameField('host')]],
  [TYPE.TXT, [stringsField]],
  [TYPE.AAAA, [ipv6Field]],
  [TYPE.SRV, [integerField('priority', 2), integerField('weight', 2), integerField('port', 2), nameField('target')]],
  // RFC 3403 section 4.1
  [
    TYPE.NAPTR,
    [
      integerField('order', 2),
      integerField('preference', 2),
      stringField('flags'),
      stringField('services'),
      stringField('regexp'),
      nameField('replacement'),
    ],
  ],
  [
    TYPE.DS,
    [integerField('key-tag', 2), integerField('algorithm', 1), integerField('digest-type', 1), hexField('digest')],
  ],
  // RFC 4255
  [TYPE.SSHFP, [integerField('algorithm', 1), integerField('fingerprint-type', 1), hexField('fingerprint')]],
  // RFC 6698
  [
    TYPE.TLSA,
    [integerField('usage', 1), integerField('selector', 1), integerField('matching-type', 1), hexField('data')],
  ],
  [TYPE.SVCB, service],
  [TYPE.HTTPS, service],
  [TYPE.SPF, [stringsField]],
  [TYPE.CAA, [integerField('flags', 1), tagField, textField('value')]],
]);

const SIGNED = 'belongs to a signed zone file; Sluice signs while it serves, so hand in the unsigned file';
const REFUSALS: ReadonlyMap<number, string> = new Map<number, string>([
  [TYPE.DNAME, 'is not supported; delegate the names below, or write a CNAME for each'],
  [TYPE.RRSIG, SIGNED],
  [TYPE.NSEC, SIGNED],
  [TYPE.DNSKEY, SIGNED],
  [TYPE.NSEC3, SIGNED],
  [TYPE.NSEC3PARAM, SIGNED],
  [TYPE.ZONEMD, 'is not supported, because the zone changes while it is served; leave it out'],
]);

const mnemonics = new Map<number, string>(Object.entries(TYPE).map(([name, code]) => [code, name]));
const codes = new Map<string, number>(Object.entries(TYPE));

/** The types that can be written in words, for messages. */
export const WRITABLE_TYPES = [...FIELDS.keys()].map(typeText).join(', ');

/** The fields of a type's data; undefined when only the form of RFC 3597 is known. */
export function fieldsOf(type: number): readonly Field[] | undefined {
  return FIELDS.get(type);
}

/** Reads `MX` or `TYPE15`; undefined when it is neither. */
export function typeCode(text: string): number | undefined {
  const name = text.toUpperCase();
  const code = /^TYPE[0-9]{1,5}$/.test(name) ? Number(name.slice(4)) : codes.get(name);
  return code === undefined || code > 0xffff ? undefined : code;
}

/** `MX`, or `TYPE4711` for a type without a mnemonic here (RFC 3597 section 5). */
export function typeText(code: number): string {
  return mnemonics.get(code) ?? `TYPE${code}`;
}

/** Why a zone file cannot have records of a type, as the end of a sentence; undefined when it can. */
export function refusalOf(code: number): string | undefined {
  // RFC 6895 section 3.1
  const forMessages = code === 0 || code === TYPE.OPT || (code >= 128 && code <= 255);
  return forMessages ? 'is for messages; a zone has no such records' : REFUSALS.get(code);
}
