import { BlockList, isIP } from 'node:net';
import type { Auth } from './auth.ts';

export interface Listen {
  /** An IP address or a host name. */
  readonly host: string;
  readonly port: number;
}

/** RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3. BlockList also takes the IPv4-mapped form of the former. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Auth for a server on loopback without tokens: everybody who reaches it is an admin. */
export function openAuth({ host }: Listen): Auth {
  return { kind: 'open', hosts: ['localhost', '127.0.0.1', '[::1]', inUrl(host)] };
}

/** The reason why the API must not start like this; undefined when it may. */
export function checkListen(listen: Listen, auth: Auth): string | undefined {
  if (auth.kind === 'tokens' || isLoopback(listen.host)) return undefined;
  const where = listen.host === '' ? 'all addresses' : `${inUrl(listen.host)}:${listen.port}`;
  return [
    `The API will not listen on ${where} without tokens: everybody who can reach that address could move the traffic.`,
    'Either give it a tokens file with name, role (viewer, operator, admin) and sha256 of each token,',
    'or let it listen on 127.0.0.1 and reach it through a tunnel.',
  ].join('\n');
}

/** Only what is loopback for certain: a host name other than localhost can resolve to anything. */
function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const version = isIP(address);
  return version !== 0 && LOOPBACK.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

function inUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host.toLowerCase();
}
