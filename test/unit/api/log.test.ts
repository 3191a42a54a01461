import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';

it('writes JSON lines with a level in words and an RFC 3339 time', () => {
  const { log, lines } = aLog();
  log.info({ ingress: 'default/shop' }, 'rollout began');
  expect(lines()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      name: 'test',
      ingress: 'default/shop',
      msg: 'rollout began',
    },
  ]);
});

it.each([
  { authorization: 'Bearer hunter2' },
  { headers: { authorization: 'Bearer hunter2', cookie: 'hunter2' } },
  { req: { headers: { authorization: 'hunter2', 'proxy-authorization': 'hunter2' } } },
  { token: 'hunter2', cluster: { token: 'hunter2', kubeconfig: 'hunter2' } },
  { password: 'hunter2' },
])('keeps a credential out of the log: %j', (fields) => {
  const { log, lines } = aLog();
  log.info(fields, 'request');
  expect(JSON.stringify(lines())).not.toContain('hunter2');
  expect(JSON.stringify(lines())).toContain('[redacted]');
});

function aLog() {
  const written: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  const log = createLog({ level: 'info', name: 'test', destination });
  return { log, lines: () => written.map((line) => JSON.parse(line)) };
}
