import { describe, expect, it } from 'vitest';
import type { RegisteredCluster } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { KubernetesError } from '../../../src/lib/kubernetes/errors.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import type { WatchedState } from '../../../src/lib/kubernetes/shared-watch.ts';
import { readConfig } from '../../../src/worker/config.ts';
import { Gateways } from '../../../src/worker/dns/gateways.ts';
import { defaultSettings, settingsOf } from '../../repo/settings.ts';

describe('the hub in the settings', () => {
  it('is none unless it is named', () => {
    expect(defaultSettings()).not.toHaveProperty('hub');
  });

  it('has its kubeconfig beside the settings file, and defaults for the rest', () => {
    const { hub } = settingsOf('{ zones: [example.test], hub: { kubeconfig: hub.kubeconfig, dnsEndpoints: {} } }');
    expect(hub).toEqual({
      kubeconfig: { kind: 'file', path: 'hub.kubeconfig' },
      namespace: 'sluice-system',
      dnsEndpoints: { namespace: 'sluice-system', labels: {} },
    });
  });

  it('goes to the DNS process as it was read', () => {
    const config = settingsOf('{ zones: [example.test], hub: { kubeconfig: hub.kubeconfig, context: prod } }');
    expect(readConfig(JSON.stringify(config)).hub).toEqual(config.hub);
    expect(config.hub?.kubeconfig).toEqual({ kind: 'file', path: 'hub.kubeconfig', context: 'prod' });
  });

  it.each([
    ['{ kubeconfig: a, token: b }', 'token'],
    ['{ namespace: sluice }', 'kubeconfig'],
    ['{ kubeconfig: a, namespace: A_B }', 'lower-case letters, digits and hyphens'],
  ])('is refused when it is %s', (hub, words) => {
    expect(() => settingsOf(`{ zones: [example.test], hub: ${hub} }`)).toThrow(words);
  });
});

/** A hub whose Cluster objects a test says. */
function aHub() {
  let tell: (state: WatchedState<AnyObject>) => void = () => undefined;
  const followAll = (onChange: typeof tell) => {
    tell = onChange;
    return () => undefined;
  };
  const hub = { watches: { of: () => ({ followAll }) } } as unknown as RegisteredCluster;
  return { hub, tell: (state: WatchedState<AnyObject>) => tell(state) };
}

function aCluster(name: string, gateway: object): AnyObject {
  const metadata = { name, uid: name, resourceVersion: '1' };
  return { apiVersion: 'sluice.dev/v1alpha1', kind: 'Cluster', metadata, spec: { kubeconfig: {}, gateway } };
}

const AWAY = new KubernetesError({
  cluster: 'hub',
  verb: 'list',
  object: 'clusters',
  reason: 'ConnectionRefused',
  detail: 'no',
  retryable: true,
});

describe('the gateways of the clusters, for the DNS server', () => {
  it('have the usual ports without a hub', () => {
    const gateways = new Gateways(defaultSettings());
    expect(['east', 'other'].map((name) => gateways.port(name, 'http'))).toEqual([80, 80]);
    expect(gateways.port('east', 'https')).toBe(443);
  });

  it('are unknown until the hub says where they are, and stay known while it is away', () => {
    const config = settingsOf('{ zones: [example.test], hub: { kubeconfig: hub.kubeconfig } }');
    const gateways = new Gateways(config);
    const { hub, tell } = aHub();
    gateways.follow(hub);
    expect(gateways.port('east', 'http')).toBeUndefined();
    tell({ objects: [], unreachable: AWAY });
    expect(gateways.port('east', 'http')).toBeUndefined();
    tell({ objects: [aCluster('east', { httpPort: 8088, cidrs: ['127.0.0.0/8'] })] });
    expect([gateways.port('east', 'http'), gateways.port('east', 'https'), gateways.cidrs('east')]).toEqual([
      8088,
      443,
      ['127.0.0.0/8'],
    ]);
    tell({ objects: [], unreachable: AWAY });
    tell({ objects: [aCluster('east', { httpPort: 0 })] });
    expect(gateways.port('east', 'http')).toBe(8088);
    tell({ objects: [] });
    expect(gateways.port('east', 'http')).toBeUndefined();
  });

  it('are those of the settings where those name the cluster', () => {
    const settings = '{ zones: [example.test], hub: { kubeconfig: h }, clusters: [{ name: east, kubeconfig: e }] }';
    const gateways = new Gateways(settingsOf(settings));
    const { hub, tell } = aHub();
    gateways.follow(hub);
    tell({ objects: [aCluster('east', { httpPort: 8088 })] });
    expect(gateways.port('east', 'http')).toBe(80);
  });
});
