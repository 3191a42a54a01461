import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { desired, Kube } from '../support/kube.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

const CANARY = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };

describe('four doors with the same effect', () => {
  let sluice: TestSluice;

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'doors', ports: { api: 18_105, dns: 15_305 } });
  });
  afterAll(() => sluice?.stop());

  const workflow = (name: string) => ['--workflow-id', `federatedingress/default/${name}`] as const;
  const document = (name: string, backend = V1_EAST, strategy?: unknown) =>
    aFederatedIngress({ name, host: sluice.host(name), backends: [backend], strategy });

  it('Temporal CLI: starts, applies, steers and asks', async () => {
    const start = await sluice.temporal(
      'workflow',
      'start',
      '--type',
      'federatedIngress',
      '--task-queue',
      'sluice',
      ...workflow('cli'),
      '--input-file',
      sluice.file('first.json', document('cli')),
    );
    expect(start).toMatchObject({ code: 0 });
    await sluice.untilStatus('cli', 'Ready', ({ state }) => state === 'Ready');

    const apply = await sluice.temporal(
      'workflow',
      'execute-update-with-start',
      '--type',
      'federatedIngress',
      '--task-queue',
      'sluice',
      ...workflow('cli'),
      '--id-conflict-policy',
      'UseExisting',
      '--input-file',
      sluice.file('second.json', document('cli', V2_WEST, CANARY)),
      '--update-name',
      'apply',
      '--update-input-file',
      sluice.file('update.json', document('cli', V2_WEST, CANARY)),
      '-o',
      'json',
    );
    expect(apply).toMatchObject({ code: 0, stdout: expect.stringContaining('"updated"') });
    await sluice.untilStatus('cli', 'Paused', ({ state }) => state === 'Paused');
    const metadata = await sluice.temporal('workflow', 'metadata', ...workflow('cli'), '-o', 'json');
    const { queryResult }: { queryResult: readonly { currentDetails: string }[] } = JSON.parse(metadata.stdout);
    expect(queryResult[0]?.currentDetails.split('\n\n')).toEqual([
      `### ${sluice.host('cli')}: Paused`,
      'step 4 of 6: paused until promoted',
      '- **v1** in east: 50 % in force, ready\n- **v2** in west: 50 % in force, ready',
      '#### Generation 2: step 4 of 6, last moved by sluice',
      expect.stringMatching(
        /^- 1: apply .*, ended 20.*Z\n(- .*\n){2}- \*\*4: pause until promoted\*\*\n- 5: [^\n]*\n- 6: .*$/,
      ),
      // The UI cuts the last blocks off.
      '\u00a0',
      '\u00a0',
    ]);

    const wrong = await sluice.temporal(
      'workflow',
      'update',
      'execute',
      ...workflow('cli'),
      '--name',
      'promote',
      '--input',
      '{"step": 2}',
    );
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain('step 2 cannot be promoted: the rollout is at step 4 of 6');
    const promote = await sluice.temporal('workflow', 'update', 'execute', ...workflow('cli'), '--name', 'promote');
    expect(promote).toMatchObject({ code: 0 });
    await sluice.untilStatus('cli', 'Ready', ({ state }) => state === 'Ready');

    const query = await sluice.temporal('workflow', 'query', ...workflow('cli'), '--name', 'status', '-o', 'json');
    expect(query).toMatchObject({ code: 0, stdout: expect.stringContaining('"liveGeneration"') });
    const list = await sluice.temporal(
      'workflow',
      'list',
      '--query',
      `SluiceHost = "${sluice.host('cli')}" AND SluiceState = "Ready"`,
    );
    expect(list.stdout).toContain('federatedingress/default/cli');
    const remove = await sluice.temporal('workflow', 'update', 'execute', ...workflow('cli'), '--name', 'delete');
    expect(remove).toMatchObject({ code: 0 });
    await sluice.untilGone('cli');
  });

  it('CLI: applies, shows, watches, steers, with documented exit codes', async () => {
    const first = sluice.file('cli2.yaml', stringify(document('cli2')));
    const plan = await sluice.cli('apply', '-f', first, '--dry-run');
    expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('Ingress default/cli2') });
    for (const verb of ['get', 'watch']) {
      expect(await sluice.cli(verb, 'cli2')).toMatchObject({
        code: 3,
        stderr: 'error: there is no FederatedIngress default/cli2\n',
      });
    }
    expect(await sluice.cli('apply', '-f', first)).toMatchObject({
      code: 0,
      stdout: 'federatedingress/cli2 created\n',
    });
    await sluice.untilStatus('cli2', 'Ready', ({ state }) => state === 'Ready');
    expect(await sluice.cli('apply', '-f', first)).toMatchObject({
      code: 0,
      stdout: 'federatedingress/cli2 unchanged\n',
    });

    const second = sluice.file('cli2-canary.yaml', stringify(document('cli2', V2_WEST, CANARY)));
    expect(await sluice.cli('apply', '-f', second)).toMatchObject({
      code: 0,
      stdout: 'federatedingress/cli2 configured\n',
    });
    expect((await sluice.cli('resume', 'cli2')).code).toBe(4);
    await sluice.untilStatus('cli2', 'Paused', ({ state }) => state === 'Paused');
    const watch = sluice.cli('watch', 'cli2', '--until-done');
    for (const verb of ['pause', 'resume', 'promote']) {
      expect(await sluice.cli(verb, 'cli2')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^federatedingress\/cli2 /),
      });
    }
    expect(await watch).toMatchObject({ code: 0, stdout: expect.stringContaining('generation 2 serves all traffic') });
    expect((await sluice.cli('list')).stdout).toContain(sluice.host('cli2'));
    expect(JSON.parse((await sluice.cli('get', 'cli2', '-o', 'json')).stdout)).toMatchObject({ state: 'Ready' });
    expect(await sluice.cli('delete', 'cli2', '--wait')).toMatchObject({ code: 0 });
    expect((await sluice.cli('get', 'cli2')).code).toBe(3);
  });

  it('HTTP: YAML or JSON, events as they happen, a description of itself', async () => {
    const path = '/v1/federatedingresses/default/web';
    const headers = { 'content-type': 'application/yaml' };
    const put = await sluice.fetch(path, { method: 'PUT', headers, body: stringify(document('web')) });
    expect(put.status).toBe(201);

    const events = await sluice.fetch(`${path}/events`);
    expect(events.headers.get('content-type')).toContain('text/event-stream');
    const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    await until(
      async () => {
        text += (await reader?.read())?.value ?? '';
        return text.includes('"state":"Ready"') ? true : undefined;
      },
      { what: 'an event that says Ready' },
    );
    await reader?.cancel();

    const list = await (await sluice.fetch('/v1/federatedingresses')).json();
    expect(JSON.stringify(list)).toContain(sluice.host('web'));
    const openapi = JSON.stringify(await (await sluice.fetch('/openapi.json')).json());
    for (const verb of ['promote', 'pause', 'resume', 'abort', 'retry', 'events'])
      expect(openapi).toContain(`/${verb}"`);
    expect((await sluice.fetch('/docs')).ok).toBe(true);
    expect((await sluice.fetch('/healthz')).status).toBe(200);
    expect(await (await sluice.fetch('/metrics')).text()).toContain('sluice_');
    expect((await sluice.fetch(path, { method: 'DELETE' })).status).toBe(202);
    await sluice.untilGone('web');
    expect((await sluice.fetch(`${path}/events`)).status).toBe(404);
  });
});

describe('bad input, through each door', () => {
  let sluice: TestSluice;

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'badinput', ports: { api: 18_106, dns: 15_306 } });
    await sluice.http.apply(aFederatedIngress({ name: 'shop', host: sluice.host('shop'), backends: [V1_EAST] }), {});
    await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
  });
  afterAll(async () => {
    await sluice.removeAndStop('shop');
  });

  interface BadInput {
    readonly what: string;
    readonly spec: object;
    readonly path: string;
    readonly words: string;
  }
  const cases: readonly BadInput[] = [
    { what: 'an unknown field', spec: { hots: 'a' }, path: 'spec.hots', words: 'host' },
    {
      what: 'a wrong type',
      spec: { backends: [{ ...V1_EAST, weight: 'many' }] },
      path: 'spec.backends[0].weight',
      words: 'many',
    },
    {
      what: 'weights that are all zero',
      spec: { backends: [{ ...V1_EAST, weight: 0 }] },
      path: 'spec.backends',
      words: 'weight 0 in all backends',
    },
    {
      what: 'an unknown cluster',
      spec: { backends: [{ ...V1_EAST, cluster: 'wset' }] },
      path: 'spec.backends[0].cluster',
      words: 'east, north and west',
    },
    {
      what: 'a host outside the zones',
      spec: { host: 'shop.elsewhere.example' },
      path: 'spec.host',
      words: 'badinput.test',
    },
    {
      what: 'two backends in one cluster',
      spec: { backends: [V1_EAST, { ...V2_WEST, cluster: 'east' }] },
      path: 'spec.backends',
      words: 'HTTPRoute',
    },
    {
      what: 'a step list that never ends',
      spec: { strategy: { canary: { steps: [{ setWeight: 50 }, { setWeight: 10 }] } } },
      path: 'spec.strategy.canary.steps[1]',
      words: '50',
    },
    {
      what: 'a duration in words',
      spec: { strategy: { canary: { steps: [{ pause: { duration: '10 minutes' } }] } } },
      path: 'spec.strategy.canary.steps[0].pause.duration',
      words: '10 minutes',
    },
  ];

  function bad(name: string, spec: object): Record<string, unknown> {
    const good = aFederatedIngress({ name, host: sluice.host(name), backends: [V1_EAST] });
    return { ...good, spec: { ...(good['spec'] as object), ...spec } };
  }

  it.each(cases)('$what is refused by HTTP, CLI and Temporal alike', async ({ spec, path, words }) => {
    const refused = bad('bad', spec);
    const put = await sluice.put('bad', refused);
    const problem: unknown = await put.json();
    expect(put.status).toBe(400);
    expect(problem).toMatchObject({
      issues: expect.arrayContaining([expect.objectContaining({ path: expect.stringContaining(path) })]),
    });
    expect(JSON.stringify(problem)).toContain(words);

    const cli = await sluice.cli('apply', '-f', sluice.file('bad.json', refused));
    expect(cli).toMatchObject({ code: 2, stderr: expect.stringContaining(path) });

    const start = await sluice.execute('bad', refused);
    expect(start.code).not.toBe(0);
    expect(start.stdout + start.stderr).toContain(words);

    expect((await sluice.fetch('/v1/federatedingresses/default/bad')).status).toBe(404);
    expect(await new Kube('east').ingressNames()).not.toContain('bad');
  });

  it.each(cases)('$what as an update leaves what runs untouched', async ({ spec, path }) => {
    const before = await sluice.status('shop');
    const update = await sluice.temporal(
      'workflow',
      'update',
      'execute',
      '--workflow-id',
      'federatedingress/default/shop',
      '--name',
      'apply',
      '--input-file',
      sluice.file('update.json', bad('shop', spec)),
    );
    expect(update.code).not.toBe(0);
    expect(update.stderr).toContain(path);
    const after = await sluice.status('shop');
    expect({ ...after, history: after.history }).toEqual({ ...before, history: before.history });
  });

  it('a hostname that somebody else claims is refused, and nothing is created', async () => {
    const thief = aFederatedIngress({ name: 'thief', host: sluice.host('shop'), backends: [V2_WEST] });
    const put = await sluice.put('thief', thief);
    expect(put.status).toBe(409);
    expect(JSON.stringify(await put.json())).toContain('default/shop');
    const start = await sluice.execute('thief', thief);
    expect(start.code).not.toBe(0);
    expect(start.stdout + start.stderr).toContain('belongs to the FederatedIngress default/shop');
    expect(await new Kube('west').ingressNames()).not.toContain('thief');
    expect(await sluice.dig.count(sluice.host('shop'), 50)).toEqual({ [testPlayground().cluster('east').address]: 50 });
  });

  it("a workflow id that is not the document's is refused, and what has that name is untouched", async () => {
    const before = await new Kube('east').ingress('shop');
    const document = aFederatedIngress({ name: 'shop', host: sluice.host('other'), backends: [V1_EAST] });
    const start = await sluice.execute('stray', document);
    expect(start.code).not.toBe(0);
    expect(start.stdout + start.stderr).toContain(
      'started under the id "federatedingress/default/stray"; allowed for this document: "federatedingress/default/shop"',
    );
    expect(desired(await new Kube('east').ingress('shop'))).toEqual(desired(before));
  });

  it.each([
    ['observed', ['--input', '"garbage"'], 'signal "observed": it is for activities'],
    ['observed', [], 'signal "observed": it is for activities'],
    ['promote', ['--input', '{"reason": "by signal"}'], 'signal "promote": Updates steer, signals do not'],
  ])('a signal %s %j changes nothing, and the history says so', async (name, input, message) => {
    const id = 'federatedingress/default/shop';
    const signal = await sluice.temporal('workflow', 'signal', '--workflow-id', id, '--name', name, ...input);
    expect(signal.code).toBe(0);
    const status = await sluice.untilStatus('shop', message, ({ history }) => history.at(-1)?.message === message);
    expect(status.state).toBe('Ready');
  });

  it.each([
    [
      'a second input at a start',
      ['execute', '--type', 'federatedIngress', '--task-queue', 'sluice'],
      'started with two inputs',
    ],
    ['a second input of apply', ['update', 'execute', '--name', 'apply'], 'the input must be an object'],
  ])('%s is refused', async (_name, command, words) => {
    const name = command[0] === 'execute' ? 'bad' : 'shop';
    const document = JSON.stringify(aFederatedIngress({ name, host: sluice.host(name), backends: [V1_EAST] }));
    const id = `federatedingress/default/${name}`;
    const inputs = ['--input', document, '--input', '"garbage"'];
    const answer = await sluice.temporal('workflow', ...command, '--workflow-id', id, ...inputs);
    expect(answer.code).not.toBe(0);
    expect(answer.stdout + answer.stderr).toContain(words);
  });

  it('a body over 256 KiB is refused', async () => {
    const put = await sluice.put('shop', { padding: 'x'.repeat(257 * 1024) });
    expect(put.status).toBe(413);
  });

  it('an unknown workflow type fails at once instead of running for ever', async () => {
    const start = await sluice.temporal(
      'workflow',
      'execute',
      '--type',
      'federatedIngres',
      '--task-queue',
      'sluice',
      '--workflow-id',
      'typo',
    );
    expect(start.code).not.toBe(0);
    expect(start.stdout + start.stderr).toContain('this task queue knows one workflow type: federatedIngress');
  });
});
