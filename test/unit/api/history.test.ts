import { describe, expect, it } from 'vitest';
import { createHttpClient } from '../../../src/client/http/http-client.ts';
import { withNumbers } from '../../../src/client/numbered.ts';
import type { HistoryEntry } from '../../../src/workflows/status.ts';
import { aStatus } from '../../support/memory-client.ts';
import { aListeningApi, anApi, ITEM } from './api.ts';

const APPLIED: HistoryEntry = {
  number: 1,
  at: '2026-03-01T12:00:00Z',
  actor: 'http:alice',
  action: 'Applied',
  message: 'generation 1',
};
const ABORTED: HistoryEntry = {
  ...APPLIED,
  number: 2,
  action: 'Aborted',
  door: 'cli',
  reason: 'two\nlines',
  before: { shares: { east: 5_000, west: 5_000 }, step: 3 },
  after: { shares: { east: 10_000, west: 0 } },
};
const url = `${ITEM}/history`;

function withHistory() {
  const api = anApi();
  api.client.put(aStatus({ history: [APPLIED, ABORTED] }));
  return api;
}

describe('GET .../history', () => {
  it.each([
    ['by default', {}, ''],
    ['for what a browser accepts', { accept: 'text/html,*/*' }, ''],
    ['when asked for, whatever is accepted', { accept: 'application/x-ndjson' }, '?format=json'],
  ])('is one document %s', async (_title, headers, query) => {
    const answer = await withHistory().app.inject({ url: `${url}${query}`, headers });
    expect(answer.headers['content-type']).toMatch('application/json');
    expect(answer.json()).toEqual({ items: [APPLIED, ABORTED] });
  });

  it.each([
    ['by Accept', { accept: 'application/x-ndjson' }, ''],
    ['by format', {}, '?format=jsonl'],
  ])('is an entry a line %s', async (_title, headers, query) => {
    const answer = await withHistory().app.inject({ url: `${url}${query}`, headers });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toMatch('application/x-ndjson');
    const lines = answer.body.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual([APPLIED, ABORTED]);
  });

  it('says since when it is stale', async () => {
    const { app, client } = withHistory();
    client.staleSince = '2026-03-01T12:00:00Z';
    expect((await app.inject({ url })).json().staleSince).toBe(client.staleSince);
    expect((await app.inject({ url: `${url}?format=jsonl` })).headers['x-sluice-stale-since']).toBe(client.staleSince);
  });

  it('refuses other formats, and knows who is not there', async () => {
    const { app } = anApi();
    expect((await app.inject({ url: `${url}?format=xml` })).json().issues[0].path).toBe('query.format');
    expect((await app.inject({ url })).statusCode).toBe(404);
  });

  it('comes through the HTTP client as it is', async () => {
    const { url: server, client } = await aListeningApi();
    client.put(aStatus({ history: [APPLIED, ABORTED] }));
    expect(await createHttpClient({ server }).history('default', 'shop')).toEqual({ value: [APPLIED, ABORTED] });
  });
});

describe('entries that an older Sluice has written', () => {
  // What is recorded is not what the type says: numbers came later.
  const { number: _number, ...bare } = APPLIED;
  const old = bare as HistoryEntry;
  const numbersOf = (...history: readonly HistoryEntry[]) =>
    withNumbers(aStatus({ history })).history.map(({ number }) => number);

  it.each([
    ['none', [], []],
    ['all numbered', [APPLIED, ABORTED], [1, 2]],
    ['none numbered', [old, old, old], [1, 2, 3]],
    ['numbered from some time on', [old, old, { ...ABORTED, number: 8 }, { ...ABORTED, number: 9 }], [6, 7, 8, 9]],
  ])('get numbers that grow: %s', (_title, history, numbers) => {
    expect(numbersOf(...history)).toEqual(numbers);
  });
});
