import { describe, expect, it } from 'vitest';
import { bringAbout, takeDown } from '../../../src/planes/cloud/decide.ts';
import { weightOf } from '../../../src/planes/cloud/manifests.ts';
import type { World } from '../../../src/planes/cloud/types.ts';
import { Provider, run, trafficOf, worldOf } from './provider.ts';

/** The Gateway was deleted at 0 and drains for a minute. */
function deletedAt(now: number) {
  return ({ existing }: Pick<World, 'existing'>) => takeDown({ existing, deletedAt: 0, drainSeconds: 60, now });
}

describe('a Gateway of the cloud', () => {
  it('asks for load balancer and target groups first, since nothing of them is known yet', () => {
    const { actions, waitsFor } = bringAbout(worldOf(new Provider()));
    expect(actions.map((action) => (action.kind === 'write' ? action.manifest.kind : 'remove'))).toEqual([
      'LoadBalancer',
      'TargetGroup',
      'TargetGroup',
    ]);
    expect(waitsFor).toBe('waiting for the ARN of the load balancer');
  });

  it('waits with the listener until every ARN that it names is there', () => {
    const provider = new Provider();
    provider.carryOut(bringAbout(worldOf(provider)).actions);
    provider.settle('LoadBalancer');
    const decision = bringAbout(worldOf(provider));
    expect(decision.actions.some((action) => action.kind === 'write' && action.manifest.kind === 'Listener')).toBe(
      false,
    );
    expect(decision.waitsFor).toBe('waiting for the ARN of the target groups of east, west');
  });

  it('comes to an address, with everything made in order', () => {
    const provider = new Provider();
    const { address, waitsFor } = run(bringAbout, provider);
    expect(waitsFor).toBeUndefined();
    expect(address).toBe('shop-1.elb.example.test');
    expect([...new Set(provider.log)]).toEqual([
      'create LoadBalancer',
      'create TargetGroup',
      'create Listener',
      'create TargetGroupBinding',
    ]);
    expect([...(provider.weights() ?? [])].map(([, weight]) => weight)).toEqual([899, 100]);
  });

  it('tells nobody its address before the listener and the bindings are there', () => {
    const provider = new Provider();
    provider.carryOut(bringAbout(worldOf(provider)).actions);
    provider.settle();
    expect(bringAbout(worldOf(provider)).address).toBeUndefined();
  });

  it('forwards by the shares of the hostname, and to nobody without one', () => {
    const provider = new Provider();
    run(bringAbout, provider);
    run(bringAbout, provider, { traffic: trafficOf({ east: 10_000, west: 0 }) });
    expect([...(provider.weights() ?? [])].map(([, weight]) => weight)).toEqual([999]);
    run(bringAbout, provider, { traffic: new Map() });
    expect(provider.weights()?.size).toBe(0);
  });

  it('keeps the target group of a cluster that has left while the listener still names it', () => {
    const provider = new Provider();
    run(bringAbout, provider);
    const left = { traffic: trafficOf({ east: 10_000 }) };
    const first = bringAbout(worldOf(provider, left));
    expect(first.actions.filter(({ kind }) => kind === 'remove')).toEqual([]);
    provider.carryOut(first.actions);
    run(bringAbout, provider, left);
    expect(provider.log.slice(-2)).toEqual(['remove TargetGroupBinding', 'remove TargetGroup']);
    expect([...provider.existing().targetGroups.keys()]).toEqual(['east']);
  });

  it('does not take a cluster in before its target group has an ARN, and keeps forwarding as before meanwhile', () => {
    const provider = new Provider();
    run(bringAbout, provider);
    const joined = { traffic: trafficOf({ east: 8_000, west: 1_000, north: 1_000 }) };
    const decision = bringAbout(worldOf(provider, joined));
    provider.carryOut(decision.actions);
    expect(decision.waitsFor).toBe('waiting for the ARN of the target groups of north');
    expect(provider.weights()?.size).toBe(2);
    expect(run(bringAbout, provider, joined).waitsFor).toBeUndefined();
    expect(provider.weights()?.size).toBe(3);
  });

  it("says the provider's own words when it cannot make something", () => {
    const provider = new Provider();
    provider.carryOut(bringAbout(worldOf(provider)).actions);
    provider.fail('LoadBalancer', 'SubnetNotFound: subnet-1');
    expect(bringAbout(worldOf(provider)).waitsFor).toMatch(
      /^the provider cannot make LoadBalancer shop-\w+: SubnetNotFound: subnet-1$/,
    );
  });

  it('does nothing for a while when it is deleted: clients know the address', () => {
    const provider = new Provider();
    run(bringAbout, provider);
    const decision = deletedAt(59_999)(worldOf(provider));
    expect(decision.actions).toEqual([]);
    expect(decision.address).toBeUndefined();
    expect(decision.again).toBe(60_000);
  });

  it('is taken down in reverse order, each kind gone before the next goes', () => {
    const provider = new Provider();
    run(bringAbout, provider);
    provider.log.length = 0;
    const drained = deletedAt(60_000);
    provider.carryOut(drained(worldOf(provider)).actions);
    expect(drained(worldOf(provider)).actions).toEqual([]);
    const end = run(drained, provider);
    expect([...new Set(provider.log)]).toEqual([
      'remove TargetGroupBinding',
      'remove Listener',
      'remove TargetGroup',
      'remove LoadBalancer',
    ]);
    expect(end.finished).toBe(true);
    expect(provider.size).toBe(0);
  });
});

it('takes nothing down while a cluster cannot say what it has', () => {
  const provider = new Provider();
  run(bringAbout, provider);
  const existing = { ...provider.existing(), unknown: ['west'] };
  const { actions, waitsFor } = takeDown({ existing, deletedAt: 0, drainSeconds: 0, now: 1 });
  expect(actions).toEqual([]);
  expect(waitsFor).toBe('waiting for an answer of cluster west');
});

describe('weights of AWS', () => {
  it.each([
    [0, 0],
    [1, 1],
    [5_000, 500],
    [10_000, 999],
  ])('a share of %i basis points is %i', (share, weight) => {
    expect(weightOf(share)).toBe(weight);
  });
});
