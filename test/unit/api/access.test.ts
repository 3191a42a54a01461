import { describe, expect, it } from 'vitest';
import { aStatus } from '../../support/memory-client.ts';
import { anApi, bearer, ITEM, JSON_TYPE, tokenAuth } from './api.ts';

describe('with tokens', () => {
  const routes = [
    ['GET', '/v1/federatedingresses', 'viewer'],
    ['GET', ITEM, 'viewer'],
    ['GET', '/metrics', 'viewer'],
    ['GET', '/nowhere', 'viewer'],
    ['POST', `${ITEM}/promote`, 'operator'],
    ['POST', `${ITEM}/pause`, 'operator'],
    ['POST', `${ITEM}/resume`, 'operator'],
    ['POST', `${ITEM}/abort`, 'operator'],
    ['POST', `${ITEM}/retry`, 'operator'],
    ['PUT', ITEM, 'admin'],
    ['DELETE', ITEM, 'admin'],
  ] as const;

  it.each(routes)('%s %s needs the role %s', async (method, url, needed) => {
    const { app, client } = anApi({ auth: tokenAuth });
    client.put(aStatus());
    const roles = ['viewer', 'operator', 'admin'] as const;
    const enough = roles.indexOf(needed);
    for (const [rank, role] of roles.entries()) {
      const { statusCode } = await app.inject({ method, url, headers: bearer(role) });
      expect(statusCode === 403, `${role} got ${statusCode}`).toBe(rank < enough);
    }
    const stranger = await app.inject({ method, url });
    expect(stranger.statusCode).toBe(401);
    expect(stranger.headers['www-authenticate']).toBe('Bearer realm="sluice"');
    const wrong = await app.inject({ method, url, headers: { authorization: 'Bearer nobody' } });
    expect(wrong.statusCode).toBe(401);
    expect(wrong.headers['www-authenticate']).toMatch(/invalid_token/);
  });

  it.each(['/healthz', '/readyz', '/openapi.json', '/docs', '/'])('%s needs none', async (url) => {
    const { app } = anApi({ auth: tokenAuth });
    expect((await app.inject({ url })).statusCode).toBeLessThan(400);
  });

  it('covers every route: one that does not say who may call it is for admins', async () => {
    const { app } = anApi({ auth: tokenAuth });
    app.get('/forgotten', async () => 'secret');
    expect((await app.inject({ url: '/forgotten', headers: bearer('operator') })).statusCode).toBe(403);
    expect((await app.inject({ url: '/forgotten', headers: bearer('admin') })).statusCode).toBe(200);
  });

  it('reads no body before it knows who sends it', async () => {
    const { app } = anApi({ auth: tokenAuth });
    const answer = await app.inject({ method: 'PUT', url: ITEM, headers: JSON_TYPE, payload: '{broken' });
    expect(answer.statusCode).toBe(401);
  });

  it('names the actor by its token, whatever the caller claims', async () => {
    const { app, client } = anApi({ auth: tokenAuth });
    client.put(aStatus());
    const headers = { ...bearer('operator'), ...JSON_TYPE, 'x-sluice-actor': 'root' };
    const url = `${ITEM}/abort`;
    await app.inject({ method: 'POST', url, headers, payload: { reason: 'errors' } });
    expect(client.steered[0]?.input).toEqual({ actor: 'http:operator-name', door: 'http', reason: 'errors' });
    const claimed = await app.inject({ method: 'POST', url, headers, payload: { actor: 'root' } });
    expect(claimed.json().issues[0].path).toBe('actor');
  });
});

describe('without tokens, on loopback', () => {
  it.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'LOCALHOST'])(
    'answers to %s',
    async (host) => {
      const { app } = anApi();
      expect((await app.inject({ url: '/v1/federatedingresses', headers: { host } })).statusCode).toBe(200);
    },
  );

  it.each(['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', 'localhost@evil.example', '10.0.0.1'])(
    'refuses Host %j, which a page got by DNS rebinding',
    async (host) => {
      const { app } = anApi();
      const answer = await app.inject({ url: '/v1/federatedingresses', headers: { host } });
      expect(answer.statusCode).toBe(421);
      expect(answer.json().detail).toMatch(/localhost, 127\.0\.0\.1, \[::1\].*DNS rebinding/);
    },
  );

  it.each(['https://evil.example', 'http://localhost:3000', 'null'])(
    'refuses a request of a page from %s, for which a browser asks nobody',
    async (origin) => {
      const { app, client } = anApi();
      client.put(aStatus());
      const headers = { host: '127.0.0.1:8080', origin };
      const answer = await app.inject({ method: 'POST', url: `${ITEM}/abort`, headers });
      expect(answer.statusCode).toBe(403);
      expect(client.steered).toEqual([]);
    },
  );

  it('takes requests of its own page', async () => {
    const { app } = anApi();
    const headers = { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' };
    expect((await app.inject({ url: '/v1/federatedingresses', headers })).statusCode).toBe(200);
  });
});

describe('the log', () => {
  it('says who did what to which object, and what it came to', async () => {
    const { app, client, logged } = anApi({ auth: tokenAuth });
    client.put(aStatus());
    const answer = await app.inject({ method: 'POST', url: `${ITEM}/pause`, headers: bearer('operator') });
    expect(logged().find(({ msg }) => msg === 'mutation')).toMatchObject({
      level: 'info',
      actor: 'operator-name',
      verb: 'pause',
      ingress: 'default/shop',
      outcome: 'done',
      status: 200,
      requestId: answer.headers['x-request-id'],
    });
  });

  it('tells of refused ones too, and never of a token', async () => {
    const { app, logged } = anApi({ auth: tokenAuth });
    await app.inject({ method: 'DELETE', url: ITEM, headers: bearer('viewer') });
    expect(logged().find(({ msg }) => msg === 'mutation not done')).toMatchObject({
      level: 'warn',
      actor: 'viewer-name',
      verb: 'delete',
      outcome: 'forbidden',
    });
    expect(JSON.stringify(logged())).not.toContain('viewer-token');
  });
});
