import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/lib/address.ts';
import { listenAddresses } from '../../../src/worker/dns/listen-addresses.ts';

function ipv4(address: string): NetworkInterfaceInfo {
  return { address, family: 'IPv4', netmask: '', mac: '', internal: false, cidr: null };
}

function ipv6(address: string, scopeid = 0): NetworkInterfaceInfo {
  return { address, family: 'IPv6', netmask: '', mac: '', internal: false, cidr: null, scopeid };
}

const INTERFACES = {
  lo: [ipv4('127.0.0.1'), ipv6('::1')],
  eth0: [ipv4('192.0.2.1'), ipv4('192.0.2.2'), ipv6('2001:db8::1'), ipv6('fe80::1', 2)],
};

describe('the addresses to bind', () => {
  it.each([
    ['addresses as they are', ['192.0.2.9:53', '[2001:db8::9]:53'], ['192.0.2.9:53', '[2001:db8::9]:53']],
    ['each address of the machine for 0.0.0.0', ['0.0.0.0:53'], ['127.0.0.1:53', '192.0.2.1:53', '192.0.2.2:53']],
    ['each but link-local ones for [::]', ['[::]:53'], ['[::1]:53', '[2001:db8::1]:53']],
    ['each once', ['0.0.0.0:53', '192.0.2.1:53'], ['127.0.0.1:53', '192.0.2.1:53', '192.0.2.2:53']],
  ])('are %s', (_what, texts, expected) => {
    expect(listenAddresses(texts, INTERFACES).map(formatAddress)).toEqual(expected);
  });

  it('names what is no address, and what is allowed', () => {
    expect(() => listenAddresses(['localhost:53'], INTERFACES)).toThrow(
      '"localhost:53" is no address for the DNS server; allowed: an IP address and a port, such as 127.0.0.1:5300',
    );
  });
});
