import { describe, expect, it } from 'vitest';
import { historyView } from '../../../src/cli/view/history-view.ts';
import { render } from '../../../src/cli/view/text.ts';
import type { HistoryEntry } from '../../../src/workflows/status.ts';
import { ago, aStatus } from '../../support/status-builder.ts';
import { events, json, startFakeApi } from './fake-api.ts';
import { sluice } from './run-program.ts';

const ENTRIES: readonly HistoryEntry[] = [
  { number: 7, at: ago(900), actor: 'http:alice b', door: 'cli', action: 'Applied', message: 'generation 2' },
  {
    number: 8,
    at: ago(600),
    actor: 'sluice',
    action: 'StepDone',
    message: 'step 3 of 8 is done',
    before: { step: 3, shares: { east: 10_000 }, ttlSeconds: 300, state: 'Progressing' },
    after: { step: 4, shares: { east: 9_000, west: 1_000 }, ttlSeconds: 30, state: 'Paused' },
  },
  {
    number: 9,
    at: ago(300),
    actor: 'http:bob',
    door: 'http',
    action: 'DrainRequested',
    message: 'drain of east by the strategy',
    reason: 'kernel update',
    before: {},
    after: { withheld: ['east'] },
  },
  {
    number: 10,
    at: ago(60),
    actor: 'hub',
    door: 'kubectl',
    action: 'Aborted',
    message: 'rolls back: checkout fails',
    reason: 'checkout fails',
  },
];

async function against(args: readonly string[], ...statuses: readonly unknown[]) {
  await using api = await startFakeApi((asked, response) => {
    if (asked.url.endsWith('/events')) return events(response, ...statuses);
    return json(response, 200, { items: ENTRIES });
  });
  const run = await sluice(args, { env: { SLUICE_SERVER: api.url } });
  return { ...run, asked: api.asked };
}

describe('the table of the history', () => {
  it.each([
    ['history', false],
    ['history-wide', true],
  ])('is %s', async (name, wide) => {
    const text = render(historyView(ENTRIES, wide), { color: false });
    await expect(text).toMatchFileSnapshot(`../../golden/cli/${name}.txt`);
  });

  it('has blanks in its last column only', () => {
    const rows = render(historyView(ENTRIES), { color: false }).trimEnd().split('\n').slice(1);
    expect(rows.map((row) => row.split(/ +/)[3])).toEqual(ENTRIES.map(({ action }) => action));
  });
});

describe.concurrent('sluice history', () => {
  it('prints a table, or one entry a line for who keeps it elsewhere', async () => {
    const table = await against(['history', 'shop']);
    expect(table).toMatchObject({ code: 0, asked: [{ url: '/v1/federatedingresses/default/shop/history' }] });
    expect(table.stdout).toContain('drain of east by the strategy: kernel update');
    const { stdout } = await against(['history', 'shop', '-o', 'jsonl']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(ENTRIES);
    expect(JSON.parse((await against(['history', 'shop', '-o', 'json'])).stdout)).toEqual({ items: ENTRIES });
  });

  it('follows: what is new is said once, each entry with its own line', async () => {
    const status = (count: number) => ({ ...aStatus().build(), history: ENTRIES.slice(0, count) });
    const run = await against(['history', 'shop', '--follow', '-o', 'jsonl'], status(1), status(1), status(3), 'end');
    const numbers = run.stdout.trimEnd().split('\n');
    expect(numbers.map((line) => JSON.parse(line).number)).toEqual([7, 8, 9]);
    expect(run.code).toBe(3);
    const text = await against(['history', 'shop', '--follow'], status(1), status(2), 'end');
    expect(text.stdout.trimEnd().split('\n')).toHaveLength(3);
  });

  it('refuses to follow into one document, and -o jsonl where it has no meaning', async () => {
    expect(await sluice(['history', 'shop', '--follow', '-o', 'json'])).toMatchObject({ code: 2 });
    const run = await sluice(['get', 'shop', '-o', 'jsonl']);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('-o jsonl goes with history');
  });
});

describe.concurrent('sluice undo', () => {
  it.each([
    [['undo', 'shop'], {}],
    [['undo', 'shop', '--to-generation', '3', '--reason', 'too slow'], { toGeneration: 3, reason: 'too slow' }],
  ])('%j', async (args, body) => {
    await using api = await startFakeApi((_, response) => json(response, 200, { message: 'goes back' }));
    const run = await sluice(args, { env: { SLUICE_SERVER: api.url } });
    expect(run).toMatchObject({ code: 0, stdout: 'federatedingress/shop undone: goes back\n' });
    expect(api.asked).toMatchObject([{ url: '/v1/federatedingresses/default/shop/undo', body }]);
    expect(api.asked[0]?.agent).toMatch(/^sluice-cli\//);
  });

  it('refuses what is no generation', async () => {
    expect((await sluice(['undo', 'shop', '--to-generation', 'last'])).stderr).toContain('such as 3');
  });
});
