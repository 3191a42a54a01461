import { describe, expect, it } from 'vitest';
import { createHttpClient } from '../../../src/client/http/http-client.ts';
import { aDocument } from '../spec/documents.ts';
import { aListeningApi, anApi, bearer, ITEM, JSON_TYPE, tokenAuth } from './api.ts';

const url = `${ITEM}/simulate`;
const payload = JSON.stringify(aDocument());

function post(query: string) {
  return anApi().app.inject({ method: 'POST', url: `${url}${query}`, headers: JSON_TYPE, payload });
}

describe('POST .../simulate', () => {
  it('answers what would happen when, and how it ends, in words too', async () => {
    const answer = await post('?fail=cluster%3Deast%40step2&recover=cluster%3Deast%401m');
    expect(answer.statusCode).toBe(200);
    const simulation = answer.json();
    expect(simulation).toMatchObject({
      host: 'shop.example.test',
      end: { kind: 'completed', atSeconds: 60 },
      scenario: { faults: [{ cluster: 'east', at: { kind: 'step', step: 2 }, what: 'unready' }] },
    });
    expect(simulation.text).toContain('completed after 1m');
  });

  it('says over HTTP all that the simulation says', async () => {
    const { url: server } = await aListeningApi();
    const at = { kind: 'time', seconds: 0 } as const;
    const scenario = {
      faults: [
        { cluster: 'east', at, what: 'unready' },
        { cluster: 'east', at, what: 'verify' },
      ],
      recoveries: [{ cluster: 'east', at: { kind: 'step', step: 3 } }],
    } as const;
    const simulation = await createHttpClient({ server }).simulate(aDocument(), scenario);
    expect(simulation).toMatchObject({ scenario, end: { kind: 'failed' } });
    expect(simulation.timeline.map(({ kind }) => kind)).toContain('wait');
    expect(simulation.unfelt).toHaveLength(2);
  });

  it.each([
    ['?fail=west', /query\.fail: found "west"; allowed: a cluster, when, and what/],
    ['?fail=cluster%3Deast%40hh', /query\.fail: found "cluster=east@hh"; allowed/],
    ['?fail=cluster%3Deast%40step1&fail=x', /query\.fail: found "x"; allowed/],
    ['?recover=cluster%3Deast%40step1%3Averify', /query\.recover: found .*; allowed: a cluster and when/],
    [
      '?fail=cluster%3Dwest%40step1',
      /found cluster "west", did you mean "east"\? allowed, since the rollout has a backend there: east/,
    ],
    ['?recover=cluster%3Deast%40step50', /found step 50; allowed: 1 to 3/],
  ])('refuses %s', async (query, says) => {
    const answer = await post(query);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toMatch(says);
  });

  it('needs no more than to be a viewer', async () => {
    const { app } = anApi({ auth: tokenAuth });
    const request = { method: 'POST', url, payload } as const;
    expect((await app.inject({ ...request, headers: JSON_TYPE })).statusCode).toBe(401);
    expect((await app.inject({ ...request, headers: { ...JSON_TYPE, ...bearer('viewer') } })).statusCode).toBe(200);
  });
});
