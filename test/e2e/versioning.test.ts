import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/workflows/status.ts';
import { OtherBuild } from '../support/build.ts';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

const NAME = 'versioning';
const DEPLOYMENT = ['--deployment-name', 'sluice'];
const WORKFLOW = ['--workflow-id', 'federatedingress/default/shop'];
const HALF = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };

interface TaskCompleted {
  readonly workerDeploymentVersion?: string;
  readonly deploymentVersion?: { readonly buildId?: string };
}

describe('two builds of one worker deployment', () => {
  let sluice: TestSluice;
  let second: OtherBuild | undefined;
  const document = (backend: typeof V1_EAST) =>
    aFederatedIngress({ name: 'shop', host: sluice.host('shop'), backends: [backend], strategy: HALF });
  const paused = ({ state }: Status): boolean => state === 'Paused';

  beforeAll(async () => {
    const environment = { TEMPORAL_DEPLOYMENT_NAME: 'sluice', TEMPORAL_WORKER_BUILD_ID: 'a' };
    sluice = await TestSluice.start({ name: NAME, ports: { api: 18_173, dns: 15_373 }, environment });
  });
  afterAll(async () => {
    await second?.stop();
    await sluice?.stop();
  });

  /** As docs/temporal.md says it. Refused for as long as no worker of the build has polled. */
  async function makeCurrent(buildId: string): Promise<void> {
    const command = ['worker', 'deployment', 'set-current-version', ...DEPLOYMENT, '--build-id', buildId, '--yes'];
    await until(
      async () => {
        const { code, stderr } = await sluice.temporal(...command);
        if (code !== 0) throw new Error(stderr);
        return true;
      },
      { what: `build ${buildId} is current` },
    );
  }

  /** Which builds have decided something in the run under way, in order, each once in a row. */
  async function decided(): Promise<readonly (string | undefined)[]> {
    const { stdout } = await sluice.temporal('workflow', 'show', ...WORKFLOW, '--output', 'json');
    const { events }: { events: { workflowTaskCompletedEventAttributes?: TaskCompleted }[] } = JSON.parse(stdout);
    return events
      .flatMap(({ workflowTaskCompletedEventAttributes: completed }) => completed ?? [])
      .map(({ deploymentVersion, workerDeploymentVersion }) => {
        return deploymentVersion?.buildId ?? workerDeploymentVersion?.split('.').at(-1);
      })
      .filter((build, index, all) => build !== all[index - 1]);
  }

  it('says that no worker answers before a build is current', async () => {
    await expect(sluice.http.apply(document(V1_EAST), {})).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'Temporal or its worker did not answer in time',
    });
  });

  it('serves a rollout by the build that is current, also while another one waits beside it', async () => {
    await makeCurrent('a');
    await until(async () => (await sluice.http.apply(document(V1_EAST), {})) && true, { what: 'applied' });
    await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
    await sluice.http.apply(document(V2_WEST), {});
    await sluice.untilStatus('shop', 'half', paused);
    second = OtherBuild.start(sluice, {
      buildId: 'b',
      namespace: NAME,
      change: {
        file: 'src/workflows/steering.ts',
        before: '`goes on after step',
        after: '`build b goes on after step',
      },
    });
    await until(() => (second?.log().includes('temporal worker polls') ? true : undefined), { what: 'build b polls' });
    await sluice.http.steer('pause', 'default', 'shop', {});
    await sluice.http.steer('resume', 'default', 'shop', {});
    expect(await decided()).toEqual(['a']);
  });

  it('goes on in another build from where it is, and loses nothing', async () => {
    const before = await sluice.status('shop');
    await makeCurrent('b');
    const { message } = await sluice.http.steer('promote', 'default', 'shop', {});
    expect(message).toBe('build b goes on after step 4 of 6');
    expect((await decided()).at(-1)).toBe('b');
    const { history, rollout } = await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
    expect(history.slice(0, before.history.length)).toEqual(before.history);
    expect(history.map(({ number }) => number)).toEqual(history.map((_entry, index) => index + 1));
    expect(rollout?.steps.slice(0, 3)).toEqual(before.rollout?.steps.slice(0, 3));
  });

  it('goes back to the build before in the middle of a rollout', async () => {
    await sluice.http.apply(document(V1_EAST), {});
    await sluice.untilStatus('shop', 'half', paused);
    expect(await decided()).toEqual(['b']);
    await makeCurrent('a');
    await second?.stop();
    const { message } = await sluice.http.steer('promote', 'default', 'shop', {});
    expect(message).toBe('goes on after step 4 of 6');
    await sluice.untilStatus('shop', 'Ready', ({ state, generation }) => state === 'Ready' && generation === 3);
  });
});
