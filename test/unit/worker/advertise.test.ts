import { describe, expect, it } from 'vitest';
import { dnsFaults, dnsSchema } from '../../../src/worker/dns-config.ts';

const faults = (settings: Readonly<Record<string, unknown>>) => dnsFaults([], dnsSchema.parse(settings));

describe('dns.advertise', () => {
  it('is not there unless it is written', () => {
    expect(dnsSchema.parse({})).not.toHaveProperty('advertise');
  });

  it.each([
    [{ advertise: '192.0.2.53:53', listen: ['0.0.0.0:53'] }],
    [{ advertise: '[2001:db8::53]:53', listen: ['[2001:db8::53]:53'] }],
    // Something in front of it brings questions there.
    [{ advertise: '192.0.2.53:53' }],
    // All on one machine.
    [{ advertise: '127.0.0.1:5300' }],
  ])('may be %j', (settings) => {
    expect(faults(settings)).toEqual([]);
  });

  it.each(['192.0.2.53', '192.0.2.53:0', 'dns.example.test:53', '0.0.0.0:53', '[::]:53', '224.0.0.251:5353'])(
    'is never %s: nobody could ask there',
    (advertise) => {
      const { error } = dnsSchema.safeParse({ advertise });
      expect(error?.issues[0]).toMatchObject({ path: ['advertise'], message: expect.stringContaining('allowed: ') });
    },
  );

  it.each(['127.0.0.1:53', '[::1]:53', '[::ffff:127.0.0.1]:53'])(
    'is not %s for a server that others reach: each machine has its own loopback',
    (advertise) => {
      expect(faults({ advertise, listen: ['127.0.0.1:53', '192.0.2.53:53'] })).toEqual([
        `dns.advertise is ${advertise}, where each machine has a server of its own; write the address at which others reach this one`,
      ]);
    },
  );
});
