import { describe, expect, it } from 'vitest';
import { timesOfDay } from '../../../src/cli/commands/plan.ts';
import type { ExplainedSimulation } from '../../../src/client/http/simulation-schemas.ts';
import { plan } from '../../../src/plan/plan.ts';
import { aPlanInput, aSpec } from '../plan/builders.ts';
import { type Answer, json, problem, startFakeApi } from './fake-api.ts';
import { sluice } from './run-program.ts';

const SHOP = 'apiVersion: sluice.dev/v1alpha1\nkind: FederatedIngress\nmetadata: { name: shop }\n';
const planned = plan(aPlanInput(aSpec(), []));
const preview = { outcome: 'created', plan: planned, text: 'host shop.example.test\n\nends after 0s' };
const simulation: ExplainedSimulation = {
  host: 'shop.example.test',
  scenario: { faults: [], recoveries: [] },
  timeline: [{ atSeconds: 0, step: 1, kind: 'step', shares: { east: 10_000 }, text: 'apply nothing' }],
  end: { kind: 'completed', atSeconds: 0, message: 'completed after 0s' },
  unfelt: [],
  text: 'the timeline',
};

async function against(answer: Answer, args: readonly string[]) {
  await using api = await startFakeApi(answer);
  const run = await sluice([...args, '-f', '-'], { stdin: SHOP, env: { SLUICE_SERVER: api.url } });
  return { ...run, asked: api.asked };
}

describe.concurrent('plan', () => {
  it('prints what apply --dry-run prints, by the same request, and when it would end', async () => {
    const answer: Answer = (_, response) => json(response, 200, preview);
    const [own, dryRun] = await Promise.all([against(answer, ['plan']), against(answer, ['apply', '--dry-run'])]);
    expect(own.asked).toMatchObject([{ method: 'PUT', url: '/v1/federatedingresses/default/shop?dryRun=true' }]);
    expect(dryRun.asked.map(({ url }) => url)).toEqual(own.asked.map(({ url }) => url));
    expect(own.stdout.startsWith(dryRun.stdout)).toBe(true);
    expect(own.stdout.slice(dryRun.stdout.length)).toMatch(
      /^applied now, it ends at 20\S+Z at the earliest, at 20\S+Z at the latest\n$/,
    );
  });

  it('prints the answer as it is with -o json', async () => {
    const { stdout } = await against((_, response) => json(response, 200, preview), ['plan', '-o', 'json']);
    expect(JSON.parse(stdout)).toEqual(preview);
  });

  it.each([
    [90, 3_700, 'applied now, it ends at 2026-03-01T12:01:30Z at the earliest, at 2026-03-01T13:01:40Z at the latest'],
    [0, null, 'applied now, it ends at 2026-03-01T12:00:00Z at the earliest'],
  ])('says when it ends, %d s from now and %s s at the latest', (earliestSeconds, latestSeconds, expected) => {
    expect(timesOfDay({ ...planned, earliestSeconds, latestSeconds }, new Date('2026-03-01T12:00:00.123Z'))).toBe(
      expected,
    );
  });
});

describe.concurrent('simulate', () => {
  it('asks with all faults and recoveries, and prints the timeline', async () => {
    const run = await against(
      (_, response) => json(response, 200, simulation),
      [
        'simulate',
        '--fail',
        'cluster=west@step3',
        '--fail',
        'cluster=east@10m:verify',
        '--recover',
        'cluster=west@step5',
      ],
    );
    expect(run).toMatchObject({ code: 0, stderr: '', stdout: 'federatedingress/shop simulated\n\nthe timeline\n' });
    const [asked] = run.asked;
    expect(asked).toMatchObject({ method: 'POST', body: { metadata: { name: 'shop' } } });
    const url = new URL(asked?.url ?? '', 'http://api');
    expect(url.pathname).toBe('/v1/federatedingresses/default/shop/simulate');
    expect(url.searchParams.getAll('fail')).toEqual(['cluster=west@step3:unready', 'cluster=east@10m:verify']);
    expect(url.searchParams.getAll('recover')).toEqual(['cluster=west@step5']);
  });

  it('prints the answer as it is with -o json', async () => {
    const run = await against((_, response) => json(response, 200, simulation), ['simulate', '-o', 'json']);
    expect(JSON.parse(run.stdout)).toEqual(simulation);
  });

  it.each([
    ['--fail', 'west@step3', 'such as cluster=west@step3, cluster=west@step3:unreachable or cluster=west@10m:verify.'],
    ['--recover', 'cluster=west@step5:verify', 'such as cluster=west@step5 or cluster=west@20m.'],
  ])('refuses %s %s with 2 and says what is allowed', async (flag, found, says) => {
    const { code, stderr, asked } = await against(() => undefined, ['simulate', flag, found]);
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(stderr).toContain(`argument '${found}' is invalid`);
    expect(stderr).toContain(says);
  });

  it('passes on what the server says of a cluster that is not there', async () => {
    const detail = 'fail cluster=wets@step3:unready: found cluster "wets", did you mean "west"? allowed: east or west';
    const run = await against(
      (_, response) => problem(response, 400, 'invalid', { detail }),
      ['simulate', '--fail', 'cluster=wets@step3'],
    );
    expect(run).toMatchObject({ code: 2, stdout: '', stderr: `error: standard input: ${detail}\n` });
  });
});
