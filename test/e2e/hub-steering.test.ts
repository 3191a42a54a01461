import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionAt, listAt } from '../../src/lib/kubernetes/fields.ts';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { annotate, applyToHub, clearHub, eventsOf, getFromHub, hubctl, inTurn, untilHub } from '../support/hub.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

const STRATEGY = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };

describe('a FederatedIngress in the hub, steered by kubectl', () => {
  let sluice: TestSluice;
  const east = () => testPlayground().cluster('east').address;
  const west = () => testPlayground().cluster('west').address;
  /** Of the object: its name may have had Events before. */
  let uid: string | undefined;
  const host = () => sluice.host('steered');
  const document = (backend = V1_EAST) =>
    aFederatedIngress({ name: 'steered', host: host(), backends: [backend], strategy: STRATEGY });

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'hubsteer', ports: { api: 18_131, dns: 15_331 }, hub: true });
    await applyToHub(document());
    await untilHub('fi/steered', 'condition=Ready');
    ({ uid } = (await getFromHub('fi/steered')).metadata);
  });
  afterAll(() =>
    inTurn(
      () => clearHub('fi/steered', 'fi/adopted'),
      async () => sluice?.stop(),
    ),
  );

  /** What became of an annotation, once something has. */
  async function answer(verb: string, nonce: string): Promise<unknown> {
    await untilHub('fi/steered', `jsonpath={.status.steering[?(@.verb=="${verb}")].nonce}=${nonce}`);
    const answers = listAt(await getFromHub('fi/steered'), 'status', 'steering');
    return answers.find((one) => JSON.stringify(one).includes(`"${verb}"`));
  }

  async function untilEvent(reason: string, message: string): Promise<void> {
    const look = async () => {
      const found = (await eventsOf('steered', uid)).some(
        (one) => one.reason === reason && one.message.includes(message),
      );
      return found ? true : undefined;
    };
    await until(look, { what: `Event ${reason}` });
  }

  it('is taken back by abort, with the reason', async () => {
    await applyToHub(document(V2_WEST));
    await untilHub('fi/steered', 'jsonpath={.status.state}=Paused');
    expect(Object.keys(await sluice.dig.count(host(), 100))).toHaveLength(2);

    await annotate('fi/steered', 'abort', 'a1 too many errors');
    expect(await answer('abort', 'a1')).toMatchObject({
      outcome: 'Done',
      message: expect.stringContaining('goes back'),
    });
    await untilHub('fi/steered', 'jsonpath={.status.state}=RolledBack');
    expect(await sluice.dig.count(host(), 100)).toEqual({ [east()]: 100 });
    const ready = conditionAt(await getFromHub('fi/steered'), 'Ready', 'status', 'conditions');
    expect(ready).toMatchObject({ status: 'False', reason: 'Aborted' });
    await untilEvent('Aborted', 'too many errors');
    await untilEvent('RolledBack', 'back to generation 1');
  });

  it('begins again by retry, is held by pause, and goes on by resume', async () => {
    await annotate('fi/steered', 'retry', 'r1');
    expect(await answer('retry', 'r1')).toMatchObject({ outcome: 'Done' });
    await untilHub('fi/steered', 'jsonpath={.status.state}=Paused');

    await annotate('fi/steered', 'pause', 'p1 lunch');
    expect(await answer('pause', 'p1')).toMatchObject({ outcome: 'Done' });
    await annotate('fi/steered', 'promote', '1');
    expect(await answer('promote', '1')).toMatchObject({ outcome: 'Done' });
    await untilEvent('Paused', 'lunch');
    expect(await sluice.status('steered')).toMatchObject({ state: 'Paused', rollout: { paused: true } });
    expect(Object.keys(await sluice.dig.count(host(), 100))).toHaveLength(2);

    await annotate('fi/steered', 'resume', 's1');
    expect(await answer('resume', 's1')).toMatchObject({ outcome: 'Done' });
    await untilHub('fi/steered', 'condition=Ready');
    expect(await sluice.dig.count(host(), 100)).toEqual({ [west()]: 100 });
  });

  it('says why it refuses: in the status and by an Event', async () => {
    await annotate('fi/steered', 'promote', '2');
    expect(await answer('promote', '2')).toMatchObject({
      outcome: 'Refused',
      message: expect.stringContaining('no rollout is under way'),
    });
    await untilEvent('PromoteRefused', '2: ');
    expect(await eventsOf('steered', uid)).toContainEqual(
      expect.objectContaining({ type: 'Warning', reason: 'PromoteRefused' }),
    );
    expect((await sluice.status('steered')).state).toBe('Ready');
  });

  it('acts on one value once, also after sluice serve was killed and started again', async () => {
    await applyToHub(document(V1_EAST));
    await untilHub('fi/steered', 'jsonpath={.status.state}=Paused');
    const before = listAt(await getFromHub('fi/steered'), 'status', 'steering');

    await sluice.kill();
    await sluice.serve();
    // All earlier annotations are still there. Whoever leads now has looked at them when it answers a new one.
    await annotate('fi/steered', 'pause', 'p2');
    expect(await answer('pause', 'p2')).toMatchObject({ outcome: 'Done' });
    await annotate('fi/steered', 'resume', 's2');
    expect(await answer('resume', 's2')).toMatchObject({ outcome: 'Done' });

    const steering = listAt(await getFromHub('fi/steered'), 'status', 'steering');
    for (const old of before.filter((one) => /"(abort|retry|promote)"/.test(JSON.stringify(one)))) {
      expect(steering).toContainEqual(old);
    }
    expect(await sluice.status('steered')).toMatchObject({ state: 'Paused', generation: 3 });
    expect(Object.keys(await sluice.dig.count(host(), 100))).toHaveLength(2);
  });

  it('takes an edit in mid-rollout: from the shares in force, three quarters of the way', async () => {
    process.env['KUBE_EDITOR'] = "sed -i 's/setWeight: 50/setWeight: 75/'";
    expect(await hubctl(['edit', 'fi', 'steered'])).toContain('edited');
    delete process.env['KUBE_EDITOR'];
    await untilHub('fi/steered', 'jsonpath={.status.generation}=4');
    await untilHub('fi/steered', 'jsonpath={.status.shares}=east 87.5, west 12.5');
    await untilHub('fi/steered', 'jsonpath={.status.state}=Paused');
    const counts = await sluice.dig.count(host(), 400);
    expect(Math.abs((counts[east()] ?? 0) - 350)).toBeLessThanOrEqual(2);
    const { history } = await sluice.status('steered');
    expect(history.filter(({ action }) => action === 'RolledBack')).toHaveLength(1);

    await annotate('fi/steered', 'promote', '3');
    await untilHub('fi/steered', 'condition=Ready');
    expect(await sluice.dig.count(host(), 100)).toEqual({ [east()]: 100 });
  });

  it('is adopted when HTTP has made it: nothing is rolled out again, and then kubectl changes it', async () => {
    const options = { name: 'adopted', host: sluice.host('adopted') };
    const first = aFederatedIngress({ ...options, backends: [V1_EAST] });
    await sluice.http.apply(first, {});
    const made = await sluice.untilStatus('adopted', 'Ready', ({ state }) => state === 'Ready');
    expect(made.source).toBeUndefined();

    await applyToHub(first);
    await untilHub('fi/adopted', 'condition=Ready');
    const { metadata } = await getFromHub('fi/adopted');
    expect(await sluice.status('adopted')).toMatchObject({
      generation: 1,
      revision: made.revision,
      source: { kind: 'hub', uid: metadata.uid },
    });

    await applyToHub(aFederatedIngress({ ...options, backends: [V2_WEST] }));
    await untilHub('fi/adopted', 'jsonpath={.status.shares}=west 100');
    await untilHub('fi/adopted', 'condition=Ready');
    expect((await sluice.status('adopted')).generation).toBe(2);
    expect(await sluice.dig.count(sluice.host('adopted'), 50)).toEqual({ [west()]: 50 });
  });
});
