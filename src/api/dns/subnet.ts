import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { foundAndAllowed, showValue } from '../../spec/words.ts';

const ALLOWED = 'an IP address or a network, such as "198.51.100.7", "198.51.100.0/24" or "2001:db8::/56"';

/** An address or a network, in one written form: `198.51.100.7` becomes `198.51.100.7/32`. */
export function subnet() {
  const bounds = { error: ({ input }: { readonly input?: unknown }) => foundAndAllowed(input, ALLOWED) };
  return z.string(bounds).transform((text, context) => {
    const read = readSubnet(text);
    if (read.kind === 'network') return read.text;
    const problem = read.problem === undefined ? '' : `: ${read.problem}`;
    context.issues.push({
      code: 'custom',
      message: `found ${showValue(text)}${problem}; allowed: ${ALLOWED}`,
      input: text,
    });
    return z.NEVER;
  });
}

type Read = { readonly kind: 'network'; readonly text: string } | { readonly kind: 'wrong'; readonly problem?: string };

function readSubnet(text: string): Read {
  const [, host = '', length] = /^([0-9a-fA-F.:]+)(?:\/([1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  if (isIP(host) === 0) return { kind: 'wrong' };
  const address = ipaddr.parse(host);
  const size = address.toByteArray().length * 8;
  const bits = length === undefined ? size : Number(length);
  if (bits > size) return { kind: 'wrong', problem: `this address has ${size} bits` };
  const network = networkOf(address, bits).toString();
  if (network === address.toString()) return { kind: 'network', text: `${network}/${bits}` };
  return { kind: 'wrong', problem: `it has bits set behind its prefix, did you mean ${network}/${bits}` };
}

function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): ipaddr.IPv4 | ipaddr.IPv6 {
  const octets = address.toByteArray().map((octet, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    return octet & (0xff00 >> kept) & 0xff;
  });
  return ipaddr.fromByteArray(octets);
}
