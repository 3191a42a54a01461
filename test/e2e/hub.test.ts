import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionAt, listAt, numberAt, textAt } from '../../src/lib/kubernetes/fields.ts';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { applyToHub, clearHub, eventsOf, getFromHub, hubctl, inTurn, tryHubctl, untilHub } from '../support/hub.ts';
import { Kube } from '../support/kube.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

const STEPS = [{ setWeight: 10 }, { pause: { duration: '2s' } }, { setWeight: 50 }, { pause: {} }];

/** Stratified draws stay within one of the exact share in a window that begins anywhere, so within two. */
const TOLERANCE = 2;

describe('a FederatedIngress in the hub', () => {
  let sluice: TestSluice;
  const east = () => testPlayground().cluster('east').address;
  const west = () => testPlayground().cluster('west').address;
  const host = () => sluice.host('shop');
  const first = () => aFederatedIngress({ name: 'shop', host: host(), backends: [V1_EAST] });
  const second = () =>
    aFederatedIngress({ name: 'shop', host: host(), backends: [V2_WEST], strategy: { canary: { steps: STEPS } } });

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'hub', ports: { api: 18_130, dns: 15_330 }, hub: true });
  });
  afterAll(() =>
    inTurn(
      () => clearHub('fi/shop', 'fi/wrong'),
      async () => sluice?.stop(),
    ),
  );

  it('is served after kubectl apply, and kubectl wait sees it become Ready', async () => {
    expect(await applyToHub(first())).toContain('federatedingress.sluice.dev/shop created');
    await untilHub('fi/shop', 'condition=Ready');
    expect(await sluice.dig.ask(host())).toMatchObject({ rcode: 0, values: [east()], ttl: 1 });
    expect((await new Kube('east').ingress('shop'))?.status?.loadBalancer?.ingress).toEqual([{ ip: east() }]);
  });

  it('has conditions that observe its generation, and the detail of each cluster', async () => {
    const object = await getFromHub('fi/shop');
    for (const type of ['Accepted', 'Ready', 'Progressing', 'HostnameClaimed']) {
      expect(conditionAt(object, type, 'status', 'conditions')).toMatchObject({
        status: type === 'Progressing' ? 'False' : 'True',
        observedGeneration: object.metadata.generation,
      });
    }
    expect(object).toMatchObject({
      metadata: { finalizers: ['sluice.dev/drain'] },
      status: {
        observedGeneration: object.metadata.generation,
        backends: [
          {
            name: 'v1',
            cluster: 'east',
            shareInForce: 10_000,
            readiness: 'Ready',
            addresses: [east()],
            leaf: { kind: 'Ingress', cluster: 'east', namespace: 'default', name: 'shop' },
          },
        ],
      },
    });
  });

  it('is the same FederatedIngress at the other doors', async () => {
    const status = await sluice.status('shop');
    expect(status).toMatchObject({ state: 'Ready', generation: 1, source: { kind: 'hub', generation: 1 } });
    expect(status.history.map(({ actor, action }) => [actor, action])).toContainEqual(['hub', 'Applied']);
    expect((await sluice.cli('get', 'shop')).stdout).toContain('shop');
  });

  it('has a GlobalIngress with its shares, in whose status the DNS server says which revision it serves', async () => {
    const { revision } = await sluice.status('shop');
    await untilHub(`gi/${host()}`, `jsonpath={.status.instances[0].revision}=${revision}`);
    const object = await getFromHub(`gi/${host()}`, '--show-managed-fields');
    expect(object).toMatchObject({
      spec: { host: host(), revision, owner: { namespace: 'default', name: 'shop' } },
      status: { instances: [{ name: expect.stringContaining(sluice.dnsServer), revision }] },
    });
    expect(JSON.stringify(object['spec'])).toContain(`"${east()}"`);
    const managers = listAt(object, 'metadata', 'managedFields').filter(
      (entry) => textAt(entry, 'subresource') === 'status',
    );
    expect(managers.map((entry) => textAt(entry, 'operation'))).toEqual(['Apply']);
  });

  it('is changed step by step after another kubectl apply, as columns of kubectl get show', async () => {
    expect(await applyToHub(second())).toContain('configured');
    await untilHub('fi/shop', 'jsonpath={.status.state}=Paused');
    const counts = await sluice.dig.count(host(), 1_000);
    expect(Math.abs((counts[east()] ?? 0) - 500)).toBeLessThanOrEqual(TOLERANCE);
    expect((counts[east()] ?? 0) + (counts[west()] ?? 0)).toBe(1_000);

    const [head = '', row = ''] = (await hubctl(['get', 'fi', 'shop'])).split('\n');
    expect(head.split(/\s{2,}/).map((name) => name.trim())).toEqual([
      'NAME',
      'HOST',
      'STRATEGY',
      'STEP',
      'SHARES',
      'READY',
      'AGE',
    ]);
    expect(row).toMatch(new RegExp(`^shop +${host()} +canary +6/8 +east 50, west 50 +2/2 +\\d+\\w*\\s*$`));
    const wide = await hubctl(['get', 'fing', 'shop', '-o', 'wide']);
    expect(wide).toMatch(/STATE +REASON +ACCEPTED +CLUSTERS +REVISION +MESSAGE/);
    expect(wide).toMatch(/Paused +Paused +True +east,west +\d+ +step 6 of 8: paused until promoted/);
  });

  it('does not look Ready to kubectl wait while the newest generation is on its way', async () => {
    const object = await getFromHub('fi/shop');
    expect(object.metadata.generation).toBe(2);
    expect(conditionAt(object, 'Ready', 'status', 'conditions')).toMatchObject({
      status: 'False',
      reason: 'Paused',
      observedGeneration: 2,
    });
    const waited = await tryHubctl(['wait', '--for=condition=Ready', '--timeout=1s', 'fi/shop']);
    expect(waited.code).not.toBe(0);
  });

  it('goes on by an annotation, is answered in the status, and the old leaf goes after the drain', async () => {
    await hubctl(['annotate', 'fi/shop', 'sluice.dev/promote=1 looks good']);
    await untilHub('fi/shop', 'condition=Ready');
    const object = await getFromHub('fi/shop');
    expect(listAt(object, 'status', 'steering')).toMatchObject([
      { verb: 'promote', nonce: '1', outcome: 'Done', message: expect.stringContaining('goes on after step 6 of 8') },
    ]);
    expect(await sluice.dig.count(host(), 200)).toEqual({ [west()]: 200 });
    expect(await new Kube('east').ingressNames()).not.toContain('shop');
    const [last, removal] = (await sluice.status('shop')).rollout?.steps.slice(-2) ?? [];
    expect(removal?.step.kind).toBe('removeLeaves');
    // The TTL, counted from when every DNS server has the last shares, which is a moment later.
    expect(Date.parse(removal?.startedAt ?? '') - Date.parse(last?.startedAt ?? '')).toBeGreaterThanOrEqual(1_000);
    const [, row = ''] = (await hubctl(['get', 'fi', 'shop'])).split('\n');
    expect(row).toMatch(/canary +8\/8 +west 100 +1\/1/);
  });

  it('has an Event for each transition, with reasons that differ', async () => {
    const decisions = ['Applied', 'Completed', 'Applied', 'Promoted', 'Completed'];
    const { uid } = (await getFromHub('fi/shop')).metadata;
    const seen = async () => {
      const found = await eventsOf('shop', uid);
      return found.filter(({ message }) => /step 8 of 8 .* is done/.test(message)).length > 0 ? found : undefined;
    };
    const events = await until(seen, { what: 'Events of shop' });
    const told = events.filter(({ reason }) => decisions.includes(reason));
    expect(told.map(({ reason }) => reason)).toEqual(decisions);
    expect(told[3]).toMatchObject({ type: 'Normal', message: expect.stringMatching(/looks good.*by hub/) });
    const steps = events.filter(({ reason, message }) => reason === 'StepDone' && message.includes('generation 2'));
    expect(steps).toHaveLength(8);
    expect(events.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['Pausing', 'Ready']));
    expect(await hubctl(['describe', 'fi', 'shop'])).toMatch(/Events:\s+Type +Reason[\s\S]*Promoted/);
  });

  it('is explained by kubectl', async () => {
    const strategy = await hubctl(['explain', 'fi.spec.strategy']);
    expect(strategy).toMatch(/KIND: +FederatedIngress/);
    expect(strategy).toMatch(/canary\s+<Object>\n\s+[A-Z][\w ]+/);
    expect(await hubctl(['explain', 'fi.status.shares'])).toContain('Per cent in force');
    expect(await hubctl(['explain', 'gi.spec'])).toMatch(/revision\s+<integer> -required-\n\s+Grows with each change/);
  });

  it('is not taken by kubectl apply when the schema can tell that it is wrong', async () => {
    const cases = [
      { strategy: { direct: {}, blueGreen: {} }, says: 'spec.strategy: Too many: 2: must have at most 1 item' },
      { backends: [V1_EAST, { ...V2_WEST, cluster: 'east' }], says: 'cannot split traffic inside a cluster' },
      { strategy: { canary: { steps: [{ setWeight: 101 }] } }, says: 'spec.strategy.canary.steps[0].setWeight' },
      { backends: [V1_EAST, { ...V2_WEST, name: 'v1' }], says: 'Duplicate value' },
      { leaf: { kind: 'Sidecar' }, says: 'Unsupported value: "Sidecar"' },
    ];
    for (const { says, ...fields } of cases) {
      const wrong = aFederatedIngress({ name: 'wrong', host: sluice.host('wrong'), backends: [V1_EAST], ...fields });
      const { code, stderr } = await tryHubctl(['apply', '-f', '-'], wrong);
      expect(code).not.toBe(0);
      expect(stderr).toContain(says);
    }
    const moved = aFederatedIngress({ name: 'shop', host: sluice.host('other'), backends: [V2_WEST] });
    expect((await tryHubctl(['apply', '-f', '-'], moved)).stderr).toContain('the host cannot change');
  });

  it.for([
    ['steps that go back', { strategy: { canary: { steps: [{ setWeight: 50 }, { setWeight: 20 }] } } }, 'must rise'],
    ['a cluster that nobody knows', { backends: [{ ...V2_WEST, cluster: 'mars' }] }, 'mars'],
  ] as const)('is not accepted with %s, says why, and nothing happens', async ([, wrong, says]) => {
    const { revision, generation } = await sluice.status('shop');
    const acceptedGeneration = numberAt(await getFromHub('fi/shop'), 'status', 'acceptedGeneration');
    await applyToHub({ ...second(), spec: { ...specOf(second()), ...wrong } });
    await untilHub('fi/shop', 'condition=Accepted=False');
    const object = await getFromHub('fi/shop');
    const accepted = conditionAt(object, 'Accepted', 'status', 'conditions');
    expect(accepted).toMatchObject({ reason: 'InvalidSpec', observedGeneration: object.metadata.generation });
    expect(accepted?.message).toContain(says);
    expect(numberAt(object, 'status', 'acceptedGeneration')).toBe(acceptedGeneration);
    expect(await eventsOf('shop')).toContainEqual(
      expect.objectContaining({ type: 'Warning', reason: 'InvalidSpec', message: expect.stringContaining(says) }),
    );
    expect(await sluice.status('shop')).toMatchObject({ revision, generation, state: 'Ready' });
    expect(await sluice.dig.count(host(), 50)).toEqual({ [west()]: 50 });

    await applyToHub(second());
    await untilHub('fi/shop', 'condition=Accepted');
    await untilHub('fi/shop', 'condition=Ready');
  });
});

function specOf(document: Readonly<Record<string, unknown>>): object {
  const { spec } = document;
  if (typeof spec !== 'object' || spec === null) throw new Error('the document has no spec');
  return spec;
}
