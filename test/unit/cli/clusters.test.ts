import { describe, expect, it } from 'vitest';
import type { Status } from '../../../src/workflows/status.ts';
import { ago, aStatus } from '../../support/status-builder.ts';
import { type Answer, events, json, problem, startFakeApi } from './fake-api.ts';
import { sluice } from './run-program.ts';

const drained = { cluster: 'east', why: 'drained', since: ago(10), actor: 'http:bob' } as const;
const shop = aStatus().build();
const blog = aStatus().with({ name: 'blog' }).build();
const westOnly = aStatus().with({ name: 'west-only' }).withoutBackend('v1').build();
const leaving = aStatus().with({ name: 'leaving', state: 'Deleting' }).build();
const away = aStatus()
  .with({ name: 'away', withheld: [drained] })
  .build();

/** Runs against a server that has these, and answers each POST by the name that it is for. */
async function against(
  statuses: readonly Status[],
  args: readonly string[],
  answers: Readonly<Record<string, Answer>> = {},
) {
  const answer: Answer = (asked, response) => {
    if (asked.method === 'GET' && asked.url.includes('/events')) return answers['events']?.(asked, response);
    if (asked.method === 'GET') return json(response, 200, { items: statuses });
    const name = asked.url.split('/')[4] ?? '';
    const own = answers[name];
    if (own !== undefined) return own(asked, response);
    return json(response, 200, { message: `${name} goes by the strategy` });
  };
  await using api = await startFakeApi(answer);
  const run = await sluice(args, { env: { SLUICE_SERVER: api.url } });
  const steered = api.asked.filter(({ method }) => method === 'POST').map(({ url, body }) => [url, body]);
  return { ...run, asked: api.asked, steered };
}

const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n').toSorted();

describe.concurrent('drain', () => {
  it('asks every FederatedIngress with a backend there, and says what each answers', async () => {
    const run = await against([shop, westOnly, blog, leaving], ['drain', 'east', '--reason', 'kernel update']);
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
    expect(linesOf(run.stdout)).toEqual([
      'federatedingress/blog draining east: blog goes by the strategy',
      'federatedingress/shop draining east: shop goes by the strategy',
    ]);
    expect(run.asked[0]?.url).toBe('/v1/federatedingresses?namespace=default');
    expect(run.steered).toHaveLength(2);
    expect(run.steered).toContainEqual([
      '/v1/federatedingresses/default/shop/drain',
      { cluster: 'east', reason: 'kernel update' },
    ]);
  });

  it('ends with 4 when one refuses, after all were asked', async () => {
    const refusal: Answer = (_, response) => problem(response, 409, 'refused', { detail: 'nobody else is left' });
    const run = await against([shop, blog], ['drain', 'east'], { shop: refusal });
    expect(run.code).toBe(4);
    expect(run.stdout).toBe('federatedingress/blog draining east: blog goes by the strategy\n');
    expect(run.stderr).toBe(
      'federatedingress/shop refused: nobody else is left\n' +
        'error: drain of east not done in 1 of 2 FederatedIngresses\n',
    );
  });

  it('ends with 5 when one does not answer, and says that it can be run again', async () => {
    const silent: Answer = (_, response) => problem(response, 503, 'unavailable');
    const run = await against([shop, blog], ['drain', 'east'], { shop: silent });
    expect(run.code).toBe(5);
    expect(run.stderr).toContain('run it again');
  });

  it('asks nothing of one that is drained already', async () => {
    const run = await against([away], ['drain', 'east']);
    expect(run).toMatchObject({
      code: 0,
      steered: [],
      stdout: 'federatedingress/away draining east: it is drained already\n',
    });
  });

  it('names the namespaces with -A, as far as scripts do not ask for names', async () => {
    const other = aStatus().with({ namespace: 'web' }).build();
    const run = await against([other], ['drain', 'east', '-A']);
    expect(run.asked[0]?.url).toBe('/v1/federatedingresses');
    expect(run.stdout).toBe('federatedingress/shop in web draining east: shop goes by the strategy\n');
    expect((await against([other], ['drain', 'east', '-A', '-o', 'name'])).stdout).toBe('federatedingress/shop\n');
  });

  it('says where backends are when the cluster serves nobody', async () => {
    const run = await against([shop], ['drain', 'esat']);
    expect(run).toMatchObject({ code: 3, stdout: '', steered: [] });
    expect(run.stderr).toContain('served by esat: backends are in east, west; -A looks in all namespaces');
  });

  it('asks only the one that is named, and ends with its own error', async () => {
    const run = await against([], ['drain', 'east', '--only', 'shop'], {
      shop: (_, response) => problem(response, 404, 'notFound'),
    });
    expect(run).toMatchObject({ code: 3, stdout: '', stderr: 'error: it is notFound\n' });
    expect(run.asked).toHaveLength(1);
  });

  it('answers one document with -o json', async () => {
    const refusal: Answer = (_, response) => problem(response, 409, 'refused');
    const run = await against([shop, blog], ['drain', 'east', '-o', 'json'], { shop: refusal });
    expect(run.code).toBe(4);
    expect(JSON.parse(run.stdout)).toEqual({
      items: [
        { namespace: 'default', name: 'shop', outcome: 'failed', kind: 'refused', message: 'it is refused' },
        { namespace: 'default', name: 'blog', outcome: 'done', message: 'blog goes by the strategy' },
      ],
    });
  });

  it('waits until no cache can have an answer any more', async () => {
    const empty = aStatus()
      .with({ withheld: [drained] })
      .serving({ v2: 10_000 });
    const states = [
      aStatus()
        .with({ withheld: [drained] })
        .build(),
      empty.backend('v1', { drain: { cachedUntil: ago(-5), isProved: false } }).build(),
      empty
        .backend('v1', { drain: { cachedUntil: ago(0), isProved: true } })
        .in('Ready', 'drained')
        .build(),
    ];
    const run = await against([shop], ['drain', 'east', '--wait'], {
      events: (_, response) => events(response, ...states),
    });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/Ready +v2=100% +drained\nfederatedingress\/shop drained from east\n$/);
  });

  it('waits in vain for what somebody has undrained meanwhile, and says so', async () => {
    const run = await against([shop], ['drain', 'east', '--wait'], {
      events: (_, response) => events(response, shop),
    });
    expect(run.code).toBe(6);
    expect(run.stderr).toContain('it was undrained');
  });

  it.each([
    [['drain'], "missing required argument 'cluster'"],
    [['drain', 'East!'], 'such as east'],
    [['drain', 'east', '--only', 'shop', '-A'], '--only goes without --all-namespaces'],
    [['drain', 'east', '--timeout', '5m'], '--timeout goes with --wait'],
  ])('refuses %j', async (args, says) => {
    const run = await sluice(args);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(says);
  });
});

describe.concurrent('undrain', () => {
  it('asks those that are drained, and no others', async () => {
    const run = await against([shop, away], ['undrain', 'east']);
    expect(run).toMatchObject({
      code: 0,
      stdout: 'federatedingress/away undraining east: away goes by the strategy\n',
      steered: [['/v1/federatedingresses/default/away/undrain', { cluster: 'east' }]],
    });
  });

  it('has nothing to do twice', async () => {
    const run = await against([shop], ['undrain', 'east']);
    expect(run).toMatchObject({ code: 0, stdout: '', steered: [] });
    expect(run.stderr).toBe('Nothing is drained from east of namespace default.\n');
  });
});
