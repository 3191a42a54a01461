import { describe, expect, it } from 'vitest';
import { aStatus } from '../../support/status-builder.ts';
import { type Answer, events, json, problem, startFakeApi } from './fake-api.ts';
import { type RunOptions, sluice } from './run-program.ts';

const SHOP = 'apiVersion: sluice.dev/v1alpha1\nkind: FederatedIngress\nmetadata: { name: shop }\n';
const BLOG = 'metadata: { name: blog, namespace: web }\n';

const running = aStatus().atStep(4, { begun: 10, left: 400 }).in('Progressing', 'step 4 of 8: pausing').build();
const ready = aStatus()
  .with({ liveGeneration: 2 })
  .atStep(9)
  .ended({ kind: 'completed' }, 1)
  .in('Ready', 'generation 2 serves all traffic')
  .build();
const rolledBack = aStatus()
  .ended({ kind: 'rolledBack', reason: 'Aborted', message: 'by alice' }, 1)
  .in('RolledBack', 'rolled back to generation 1')
  .build();

/** Runs the program against a server that answers so. */
async function against(answer: Answer, args: readonly string[], options: RunOptions = {}) {
  await using api = await startFakeApi(answer);
  const run = await sluice(args, { ...options, env: { SLUICE_SERVER: api.url, ...options.env } });
  return { ...run, asked: api.asked };
}

describe('the arenas of glibc', () => {
  const arenas = 'data:text/javascript,console.error(String(process.env.MALLOC_ARENA_MAX))';
  const env = { NODE_OPTIONS: `--import=${arenas}` };

  it.for([
    { name: 'are two for a worker', role: 'worker', more: {}, seen: ['undefined', '2'] },
    { name: 'are as many as somebody else says', role: 'worker', more: { MALLOC_ARENA_MAX: '7' }, seen: ['7'] },
    { name: 'are left alone without a worker', role: 'version', more: {}, seen: ['undefined'] },
  ])('$name', async ({ role, more, seen }, { skip }) => {
    if (process.platform !== 'linux') skip('glibc is what Linux has');
    const { stderr } = await sluice([role, '--config', '/dev/null/none'], { env: { ...env, ...more } });
    expect(stderr.split('\n').slice(0, seen.length + 1)).toEqual([...seen, expect.stringContaining('error')]);
  });
});

describe.concurrent('usage', () => {
  it.each([
    { args: ['aply'], says: ["error: unknown command 'aply'", 'Did you mean apply?'] },
    { args: ['promote', 'shop', '--ful'], says: ["error: unknown option '--ful'", 'Did you mean --full?'] },
    { args: ['promote', 'shop', '--step', '0'], says: ["argument '0' is invalid", 'from 1'] },
    { args: ['abort', 'shop'], says: ["required option '--reason <text>' not specified"] },
    { args: ['watch', 'Shop!'], says: ["'Shop!' is invalid", 'such as shop'] },
    { args: ['watch', 'shop', '--until-done', '--timeout', '10 minutes'], says: ['such as 90s, 10m or 1h30m'] },
    { args: ['delete', 'shop', '--timeout', '10m'], says: ['error: --timeout goes with --wait'] },
    { args: ['get', 'shop', '-o', 'table'], says: ['Allowed choices are wide, json, yaml, name, jsonl'] },
    {
      args: ['apply', '-f', 'no-such-file.yaml'],
      says: ['error: cannot read no-such-file.yaml: there is no such file'],
    },
    { args: ['get', 'shop', '--server', 'localhost:8080'], says: ['error: ', '--server or SLUICE_SERVER'] },
    { args: ['dns', '--config', 'no-such.yaml'], says: ['error: there is no ', 'no-such.yaml'] },
    { args: ['dns', 'bogus'], says: ["error: 'bogus' is no command of dns; it has delegation, ds,"] },
    { args: ['dns', '--workers', '65'], says: ['Allowed: a whole number from 1 to 64.'] },
    { args: ['dns', 'delegation', '--config', 'no-such.yaml'], says: ['error: there is no ', 'no-such.yaml'] },
    { args: ['dns', 'keygen'], says: ["error: missing required argument 'zone'"] },
    { args: ['dns', 'tsig-keygen', 'transfer.test'], says: ["required option '--out <file>' not specified"] },
    { args: ['dns', 'challenge', 'set', 'shop.example.test'], says: ["missing required argument 'values'"] },
    { args: [], says: ['Usage: sluice'] },
  ])('refuses `sluice $args` with 2 and says what is allowed', async ({ args, says }) => {
    const { code, stdout, stderr } = await sluice(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const sentence of says) expect(stderr).toContain(sentence);
  });

  // Snapshots of concurrent tests need the `expect` of their own context.
  it('documents exit codes and groups of verbs in --help', async ({ expect: local }) => {
    const { code, stdout } = await sluice(['--help'], { env: { COLUMNS: '80' } });
    expect(code).toBe(0);
    await local(stdout).toMatchFileSnapshot('../../golden/cli/help.txt');
  });
});

describe.concurrent('exit codes', () => {
  it.each([
    { status: 400, kind: 'invalid', code: 2 },
    { status: 404, kind: 'notFound', code: 3 },
    { status: 409, kind: 'refused', code: 4 },
    { status: 503, kind: 'unavailable', code: 5 },
  ])('ends with $code when the server says $kind', async ({ status, kind, code }) => {
    const run = await against((_, response) => problem(response, status, kind), ['resume', 'shop']);
    expect({ code: run.code, stdout: run.stdout, stderr: run.stderr }).toEqual({
      code,
      stdout: '',
      stderr: `error: it is ${kind}\n`,
    });
  });

  it('ends with 5 when nobody listens, and says how to name a server', async () => {
    const api = await startFakeApi(() => undefined);
    await api[Symbol.asyncDispose]();
    const { code, stderr } = await sluice(['list'], { env: { SLUICE_SERVER: api.url } });
    expect(code).toBe(5);
    expect(stderr).toMatch(/^error: no answer from http:\S+: connection refused.*SLUICE_SERVER/);
  });
});

describe.concurrent('apply', () => {
  it('applies the documents of standard input in order and speaks as kubectl does', async () => {
    const outcomes = ['created', 'updated'];
    const run = await against(
      (_, response) => json(response, 200, { outcome: outcomes.shift(), generation: 1 }),
      ['apply', '-f', '-', '--reason', 'release 7'],
      { stdin: `${SHOP}---\n${BLOG}` },
    );
    expect(run).toMatchObject({
      code: 0,
      stdout: 'federatedingress/shop created\nfederatedingress/blog configured\n',
      stderr: '',
      asked: [
        { method: 'PUT', url: '/v1/federatedingresses/default/shop?reason=release+7' },
        { method: 'PUT', url: '/v1/federatedingresses/web/blog?reason=release+7' },
      ],
    });
  });

  it('lists what is wrong with a document, stops there and says which document it was', async () => {
    const issues = [{ path: 'spec.backends[0].weight', message: 'found -1, allowed: 0 to 1000000' }];
    const run = await against((_, response) => problem(response, 400, 'invalid', { issues }), ['apply', '-f', '-'], {
      stdin: `${SHOP}---\n${BLOG}`,
    });
    expect(run.asked).toHaveLength(1);
    expect(run).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        'error: standard input, document 1: it is invalid\n' +
        '  spec.backends[0].weight: found -1, allowed: 0 to 1000000\n',
    });
  });

  it('prints the plan with --dry-run and changes nothing', async () => {
    const preview = aPreview('host shop.example.test\n\nsteps\n  1. pause 10m');
    const run = await against((_, response) => json(response, 200, preview), ['apply', '-f', '-', '--dry-run'], {
      stdin: SHOP,
    });
    expect(run.stdout).toBe(`federatedingress/shop created (dry run)\n\n${preview.text}\n`);
    expect(run.asked).toMatchObject([{ method: 'PUT', url: '/v1/federatedingresses/default/shop?dryRun=true' }]);
  });

  it.each(['apply --dry-run', 'plan'])('%s says what becomes of the rollout under way', async (verb) => {
    const message = 'begins when generation 2 has ended';
    const preview = { ...aPreview('steps\n  1. pause 10m'), outcome: 'queued', change: { kind: 'queued', message } };
    const run = await against((_, response) => json(response, 200, preview), [...verb.split(' '), '-f', '-'], {
      stdin: SHOP,
    });
    const head = `federatedingress/shop queued (dry run)\nqueued: ${message}\n\n`;
    expect(run.stdout).toBe(`${head}steps\n  1. pause 10m\n`);
  });

  it.each([
    { name: 'is ready', last: ready, code: 0, says: 'federatedingress/shop ready\n', fails: '' },
    {
      name: 'rolled back',
      last: rolledBack,
      code: 6,
      says: '',
      fails: 'federatedingress/shop rolled back: Aborted: by alice',
    },
  ])('waits until it $name and ends with $code', async ({ last, code, says, fails }) => {
    const answer: Answer = ({ method }, response) => {
      if (method === 'PUT') json(response, 200, { outcome: 'updated', generation: 2 });
      else events(response, running, running, last);
    };
    const run = await against(answer, ['apply', '-f', '-', '--wait'], { stdin: SHOP });
    expect(run.code).toBe(code);
    expect(run.stdout).toContain(says);
    expect(run.stderr).toContain(fails);
    const changes = run.stdout.split('\n').filter((line) => /^\d{4}-\d\d-\d\dT/.test(line));
    expect(changes.map((line) => line.replace(/^\S+ {2}/, ''))).toEqual([
      'Progressing  v1=100%  step 4 of 8: pausing',
      `${last.state}  v1=100%  ${last.message}`,
    ]);
  });

  it('gives up with 6 when the time is up, naming what it waited for', async () => {
    const answer: Answer = ({ method }, response) => {
      if (method === 'PUT') json(response, 200, { outcome: 'updated', generation: 2 });
      else events(response, running);
    };
    const run = await against(answer, ['apply', '-f', '-', '--wait', '--timeout', '3s'], { stdin: SHOP });
    expect(run.code).toBe(6);
    expect(run.stderr).toBe(
      'error: federatedingress/shop did not get there within 3s and goes on; last: step 4 of 8: pausing\n',
    );
  });
});

describe.concurrent('reading', () => {
  it('prints JSON that is the status, and warns beside it when it is stale', async () => {
    const stale = { ...running, staleSince: new Date().toISOString() };
    const run = await against(
      (_, response) => json(response, 200, stale),
      ['get', 'federatedingress/shop', '-o', 'json'],
    );
    expect(JSON.parse(run.stdout)).toMatchObject({ name: 'shop', state: 'Progressing' });
    expect(run.stderr).toMatch(/^warning: stale: last seen \d+s ago/);
    expect(run.code).toBe(0);
  });

  it('lists names for scripts, in the namespace of -n before or after the verb', async () => {
    const answer: Answer = (_, response) => json(response, 200, { items: [running, { ...running, name: 'blog' }] });
    const before = await against(answer, ['-n', 'web', 'list', '-o', 'name']);
    const after = await against(answer, ['get', '-o', 'name', '-n', 'web']);
    expect(before.stdout).toBe('federatedingress/shop\nfederatedingress/blog\n');
    expect(after.stdout).toBe(before.stdout);
    expect([...before.asked, ...after.asked].map(({ url }) => url)).toEqual(
      Array(2).fill('/v1/federatedingresses?namespace=web'),
    );
  });

  it('says on standard error that a list is empty', async () => {
    const run = await against((_, response) => json(response, 200, { items: [] }), ['list', '-A']);
    expect(run).toMatchObject({ code: 0, stdout: '', stderr: 'No FederatedIngresses in any namespace.\n' });
    expect(run.asked).toMatchObject([{ url: '/v1/federatedingresses' }]);
  });

  it('never cuts what goes to a pipe', async () => {
    const long = { ...running, message: 'x'.repeat(500) };
    const run = await against((_, response) => json(response, 200, { items: [long] }), ['list', '-o', 'wide'], {
      env: { COLUMNS: '40' },
    });
    expect(run.stdout).toContain(`${long.message}\n`);
  });
});

describe.concurrent('steering', () => {
  it('prints what happens now, and sends step, full and reason', async () => {
    const run = await against(
      (_, response) => json(response, 200, { message: 'step 5 of 8 begins' }),
      ['promote', 'shop', '--step', '4', '--full', '--reason', 'looks good'],
    );
    expect(run).toMatchObject({
      code: 0,
      stdout: 'federatedingress/shop promoted: step 5 of 8 begins\n',
      asked: [
        {
          method: 'POST',
          url: '/v1/federatedingresses/default/shop/promote',
          body: { step: 4, full: true, reason: 'looks good' },
        },
      ],
    });
  });

  it('takes the token from the environment, a flag before it', async () => {
    const answer: Answer = (_, response) => json(response, 200, { message: 'held' });
    const env = { SLUICE_TOKEN: 'from-env' };
    const first = await against(answer, ['pause', 'shop'], { env });
    const second = await against(answer, ['pause', 'shop', '--token', 'from-flag'], { env });
    expect([...first.asked, ...second.asked].map(({ token }) => token)).toEqual([
      'Bearer from-env',
      'Bearer from-flag',
    ]);
  });

  it('asks with delete --force not to wait for clusters that are away', async () => {
    const run = await against(
      (_, response) => json(response, 202, { message: 'draining' }),
      ['delete', 'shop', '--force'],
    );
    expect(run).toMatchObject({
      code: 0,
      stdout: 'federatedingress/shop deleting: draining\n',
      asked: [{ method: 'DELETE', url: '/v1/federatedingresses/default/shop?force=true' }],
    });
  });

  it('waits with delete --wait until it is gone', async () => {
    const deleting = aStatus().in('Deleting', 'deleting: removing leaves').build();
    const answer: Answer = ({ method }, response) => {
      if (method === 'DELETE') json(response, 202, { message: 'draining shop.example.test' });
      else events(response, deleting, 'end');
    };
    const run = await against(answer, ['delete', 'shop', '--wait']);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(
      /^federatedingress\/shop deleting: draining .*\n\S+ {2}Deleting .*\nfederatedingress\/shop deleted\n$/,
    );
  });
});

describe.concurrent('watch', () => {
  it('prints a line for each change where there is no terminal, and ends with the rollout', async () => {
    const run = await against(
      (_, response) => events(response, running, running, ready),
      ['watch', 'shop', '--until-done'],
    );
    expect(run.code).toBe(0);
    expect(run.stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  it('prints one JSON document a line', async () => {
    const run = await against((_, response) => events(response, running, 'end'), ['watch', 'shop', '-o', 'json']);
    expect(JSON.parse(run.stdout.split('\n')[0] ?? '')).toMatchObject({ name: 'shop' });
    expect(run).toMatchObject({ code: 3, stderr: 'error: federatedingress/shop was deleted\n' });
  });

  it.each([
    { args: ['watch', 'shop'], code: 0 },
    { args: ['watch', 'shop', '--until-done'], code: 130 },
  ])('ends `sluice $args` at Ctrl-C with $code', async ({ args, code }) => {
    const run = await against((_, response) => events(response, running), args, { interruptAt: 'pausing' });
    expect(run.code).toBe(code);
  });
});

/** What HTTP answers to a dry run. */
function aPreview(text: string) {
  const nothing = { backends: [], shares: {} };
  const leaves = { create: [], update: [], remove: [] };
  const plan = { host: 'shop.example.test', from: nothing, to: nothing, changes: [], leaves, steps: [] };
  return { outcome: 'created', plan: { ...plan, earliestSeconds: 0, latestSeconds: 0 }, text };
}
