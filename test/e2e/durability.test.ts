import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { behave, testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

describe('what survives', () => {
  let sluice: TestSluice;
  const host = () => sluice.host('shop');

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'durability', ports: { api: 18_104, dns: 15_304 } });
    await sluice.http.apply(aFederatedIngress({ name: 'shop', host: host(), backends: [V1_EAST] }), {});
    await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
  });
  afterAll(() => sluice?.stop());

  afterEach(() => behave(testPlayground().cluster('east').demo.v1Url, {}));

  it('kill -9 in a pause: no answer is missed, the time left is kept, no step is repeated or skipped', async () => {
    const strategy = { canary: { steps: [{ setWeight: 50 }, { pause: { duration: '15s' } }] } };
    await sluice.http.apply(aFederatedIngress({ name: 'shop', host: host(), backends: [V2_WEST], strategy }), {});
    const paused = (await sluice.untilStatus('shop', 'pausing', ({ message }) => message.includes('pausing until')))
      .rollout;
    const end = paused?.steps[3]?.until;
    expect(end).toBeDefined();

    await sluice.kill();
    expect(Object.keys(await sluice.dig.count(host(), 200))).toHaveLength(2);
    await sluice.serve();
    expect(Object.keys(await sluice.dig.count(host(), 200))).toHaveLength(2);

    const after = (await sluice.status('shop')).rollout;
    expect(after?.steps[3]).toMatchObject({ state: 'running', until: end });
    expect(after?.steps.slice(0, 3)).toEqual(paused?.steps.slice(0, 3));
    const { rollout } = await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
    expect(Date.parse(rollout?.steps[3]?.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(end ?? ''));
    expect(rollout?.steps.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done', 'done', 'done']);
  });

  it('Temporal gone: DNS goes on, reads say since when they are stale, writes get 503 with Retry-After, then it goes on', async () => {
    const strategy = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
    await sluice.http.apply(aFederatedIngress({ name: 'shop', host: host(), backends: [V1_EAST], strategy }), {});
    await sluice.untilStatus('shop', 'Paused', ({ state }) => state === 'Paused');

    await testPlayground().temporal.stop();
    try {
      expect(Object.keys(await sluice.dig.count(host(), 200))).toHaveLength(2);
      const reading = await sluice.http.get('default', 'shop');
      expect(reading).toMatchObject({ value: { state: 'Paused' }, staleSince: expect.stringMatching(/^20/) });
      const write = await sluice.fetch('/v1/federatedingresses/default/shop/promote', { method: 'POST' });
      expect(write.status).toBe(503);
      expect(Number(write.headers.get('retry-after'))).toBeGreaterThan(0);
      const ready = await sluice.fetch('/readyz');
      expect(ready.status).toBe(503);
      expect(await ready.text()).toContain('temporal');
    } finally {
      await testPlayground().temporal.start();
    }
    await until(async () => ((await sluice.fetch('/readyz')).ok ? true : undefined), {
      what: 'readiness after Temporal is back',
    });
    await sluice.http.steer('promote', 'default', 'shop', {});
    await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
    expect(await sluice.dig.count(host(), 100)).toEqual({ [testPlayground().cluster('east').address]: 100 });
  });

  it('kill -9 of the DNS server, again and again: it is back from its last-good copy after at most a second and its start', async () => {
    const east = testPlayground().cluster('east').address;
    const answers = async () => ((await sluice.dig.ask(host())).values[0] === east ? true : undefined);
    for (let kill = 0; kill < 7; kill += 1) {
      const before = sluice.dnsProcesses();
      for (const pid of before) process.kill(pid, 'SIGKILL');
      const replaced = () => (sluice.dnsProcesses().some((pid) => before.includes(pid)) ? undefined : true);
      await until(replaced, { what: 'another DNS server', timeoutMs: 60_000 });
      await until(answers, { what: 'an answer', timeoutMs: 60_000 });
    }
    const waits = [...sluice.log().matchAll(/"retryInMilliseconds":(\d+)/g)].map(([, wait]) => Number(wait));
    expect(waits.length).toBeGreaterThanOrEqual(7);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_000);
  });

  it('kill -9 of the process that controls the DNS server: its workers answer every query until others take over', async () => {
    const before = sluice.dnsProcesses();
    process.kill(before[0] ?? 0, 'SIGKILL');
    const east = testPlayground().cluster('east').address;
    const replaced = async () => {
      expect(await sluice.dig.count(host(), 50)).toEqual({ [east]: 50 });
      return sluice.dnsProcesses().some((pid) => before.includes(pid)) ? undefined : true;
    };
    await until(replaced, { what: 'another DNS server', timeoutMs: 60_000 });
    expect(await sluice.dig.count(host(), 50)).toEqual({ [east]: 50 });
  });

  it('a backend that fails when no rollout is under way is shown, and its recovery too', async () => {
    const { demo } = testPlayground().cluster('east');
    await behave(demo.v1Url, { fail: true });
    const { message } = await sluice.untilStatus('shop', 'Degraded', ({ state }) => state === 'Degraded');
    expect(message).toContain('/healthz');
    await behave(demo.v1Url, {});
    await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
  });

  it('a DNS server that says nothing for longer than planes have: it is named, and traffic goes back', async () => {
    const east = testPlayground().cluster('east').address;
    const strategy = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
    const rollout = { planes: { within: '2s' } };
    const silent = sluice.dnsProcesses();
    for (const pid of silent) process.kill(pid, 'SIGSTOP');
    try {
      const document = aFederatedIngress({ name: 'shop', host: host(), backends: [V2_WEST], strategy, rollout });
      await sluice.http.apply(document, {});
      const { message } = await sluice.untilStatus('shop', 'RollingBack', ({ state }) => state === 'RollingBack');
      expect(message).toMatch(
        /revision \d+ is not served within 2s: 127\.0\.0\.1:15304 .*does not tell which revision/,
      );
    } finally {
      for (const pid of silent) process.kill(pid, 'SIGCONT');
    }
    await sluice.untilStatus('shop', 'RolledBack', ({ state }) => state === 'RolledBack');
    expect(await sluice.dig.count(host(), 50)).toEqual({ [east]: 50 });
    await sluice.http.steer('undo', 'default', 'shop', {});
    await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
  });

  it('a lost GlobalIngress store: DNS goes on, and the next step fills it again', async () => {
    const { east, west } = {
      east: testPlayground().cluster('east').address,
      west: testPlayground().cluster('west').address,
    };
    rmSync(join(sluice.directory, 'state/globalingresses'), { recursive: true });
    expect(await sluice.dig.count(host(), 50)).toEqual({ [east]: 50 });
    await sluice.http.apply(aFederatedIngress({ name: 'shop', host: host(), backends: [V2_WEST] }), {});
    await sluice.untilStatus(
      'shop',
      'Ready in west',
      ({ state, generation, liveGeneration }) => state === 'Ready' && generation === liveGeneration,
    );
    expect(await sluice.dig.count(host(), 50)).toEqual({ [west]: 50 });
    await sluice.http.apply(aFederatedIngress({ name: 'shop', host: host(), backends: [V1_EAST] }), {});
    await sluice.untilStatus(
      'shop',
      'Ready in east',
      ({ state, generation, liveGeneration }) => state === 'Ready' && generation === liveGeneration,
    );
  });

  it.each(['terminate', 'cancel'])(
    'a workflow lost by %s: applying the document again takes over what is served',
    async (verb) => {
      await sluice.http.apply(aFederatedIngress({ name: 'shop', host: host(), backends: [V1_EAST] }), {});
      await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
      await sluice.temporal('workflow', verb, '--workflow-id', 'federatedingress/default/shop');
      await sluice.untilGone('shop');
      const east = testPlayground().cluster('east').address;
      expect(await sluice.dig.count(host(), 100)).toEqual({ [east]: 100 });

      const strategy = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
      await sluice.http.apply(aFederatedIngress({ name: 'shop', host: host(), backends: [V2_WEST], strategy }), {});
      await sluice.untilStatus('shop', 'Paused', ({ state }) => state === 'Paused');
      expect((await sluice.dig.count(host(), 100))[east]).toBeGreaterThan(40);

      const { message } = await sluice.http.steer('abort', 'default', 'shop', { reason: 'not now' });
      expect(message).toBe('traffic goes back to the shares taken over');
      const { liveGeneration } = await sluice.untilStatus('shop', 'RolledBack', ({ state }) => state === 'RolledBack');
      expect(liveGeneration).toBeUndefined();
      expect(await sluice.dig.count(host(), 100)).toEqual({ [east]: 100 });
      await sluice.http.steer('delete', 'default', 'shop', {});
      await sluice.untilGone('shop');
    },
  );
});
