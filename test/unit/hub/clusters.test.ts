import { describe, expect, it } from 'vitest';
import type { ClusterCheck } from '../../../src/hub/clusters/check.ts';
import { registrationOf } from '../../../src/hub/clusters/registration.ts';
import { DANGEROUS_RIGHTS, describeRights, neededRights } from '../../../src/hub/clusters/rights.ts';
import { clusterStatus, hasStatus } from '../../../src/hub/clusters/status.ts';
import { memberRole } from '../../../src/hub/resources/roles.ts';
import { conditionAt } from '../../../src/lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';

const KUBECONFIG = `
current-context: east
contexts: [{ name: east, context: { cluster: east, user: sluice } }]
clusters: [{ name: east, cluster: { server: 'https://192.0.2.1:6443' } }]
users: [{ name: sluice, user: { token: very-secret } }]
`;

function aCluster(spec: object = { kubeconfig: { secretRef: { name: 'east' } } }, status?: object): AnyObject {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'east', uid: 'uid-1', resourceVersion: '1', generation: 3, labels: { region: 'eu' } },
    spec,
    ...(status === undefined ? {} : { status }),
  };
}

function aSecret(data: Readonly<Record<string, string>>): AnyObject {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'east', namespace: 'sluice-system', uid: 'uid-2', resourceVersion: '1' },
    data: Object.fromEntries(encoded),
  };
}

function register(object: AnyObject, secret: AnyObject | null = aSecret({ kubeconfig: KUBECONFIG })) {
  const secrets = new Map(secret === null ? [] : [['east', secret]]);
  const hubKubeconfig = { kind: 'file', path: '/not/there/kubeconfig' } as const;
  return registrationOf(object, { secrets, namespace: 'sluice-system', hubKubeconfig });
}

interface Refusal {
  readonly spec?: object;
  readonly secret?: AnyObject | null;
  readonly reason?: string;
  readonly words: string;
}

function withUser(fields: string): AnyObject {
  return aSecret({ kubeconfig: KUBECONFIG.replace('token: very-secret', fields) });
}

describe('a Cluster object', () => {
  it('is a cluster with its labels, the defaults of its ports, and the kubeconfig of its Secret', () => {
    expect(register(aCluster())).toEqual({
      kind: 'registered',
      config: {
        name: 'east',
        labels: { region: 'eu' },
        gateway: { httpPort: 80, httpsPort: 443, cidrs: [] },
        classes: { ingress: {}, gateway: {} },
        kubeconfig: { kind: 'text', name: 'Secret sluice-system/east', text: KUBECONFIG },
      },
    });
  });

  it('may name another field of the Secret', () => {
    const object = aCluster({ kubeconfig: { secretRef: { name: 'east', key: 'config' } } });
    expect(register(object, aSecret({ config: KUBECONFIG })).kind).toBe('registered');
  });

  it.each<readonly [string, Refusal]>([
    [
      'no Secret',
      {
        secret: null,
        reason: 'KubeconfigMissing',
        words: 'no Secret sluice-system/east with label sluice.dev/kubeconfig=true',
      },
    ],
    [
      'no such field',
      { secret: aSecret({ other: 'x' }), reason: 'KubeconfigMissing', words: 'has no field kubeconfig' },
    ],
    ['no YAML', { secret: aSecret({ kubeconfig: '{' }), words: 'Secret sluice-system/east' }],
    ['a command to run', { secret: withUser('exec: { command: sh }'), words: 'exec is refused' }],
    ['a file of the process', { secret: withUser('tokenFile: /etc/passwd'), words: 'tokenFile' }],
    [
      'a network that is none',
      { spec: { gateway: { cidrs: ['10.0.0.0/99'] } }, reason: 'SpecNotValid', words: '10.0.0.0/99' },
    ],
    [
      'two kubeconfigs',
      {
        spec: { kubeconfig: { secretRef: { name: 'a' }, context: 'b' } },
        reason: 'SpecNotValid',
        words: 'either secretRef or context',
      },
    ],
    ['a context of a file that is not there', { spec: { kubeconfig: { context: 'b' } }, words: 'cannot be read' }],
  ])('with %s is refused in words, without a credential in them', (_what, refusal) => {
    const { spec = {}, secret, reason = 'KubeconfigRefused', words } = refusal;
    const registration = register(aCluster({ kubeconfig: { secretRef: { name: 'east' } }, ...spec }), secret);
    expect(registration).toMatchObject({ kind: 'refused', reason });
    expect(JSON.stringify(registration)).toContain(words);
    expect(JSON.stringify(registration)).not.toContain('very-secret');
  });
});

const CHECKED: ClusterCheck = { kind: 'checked', version: 'v1.34.1', missing: [], surplus: [] };
const AWAY: ClusterCheck = { kind: 'unreachable', reason: 'ConnectionRefused', message: 'cluster east: no' };
const NOW = new Date('2026-01-02T03:04:05.000Z');
const LATER = new Date('2026-01-02T04:00:00.000Z');

describe('the status of a Cluster', () => {
  const registered = register(aCluster());
  const refused = register(aCluster(), null);
  const missing = { ...CHECKED, missing: ['routes.route.openshift.io: get, list'] };
  const surplus = { ...CHECKED, surplus: ['namespaces: delete'] };

  it.each([
    ['nothing is known yet', { check: undefined }, ['Unknown', 'NotAsked'], ['Unknown', 'NotAsked']],
    ['all is well', { check: CHECKED }, ['True', 'Usable'], ['True', 'Answers']],
    ['it is away', { check: AWAY }, ['False', 'ConnectionRefused'], ['False', 'ConnectionRefused']],
    ['rights are missing', { check: missing }, ['False', 'RightsMissing'], ['True', 'Answers']],
    ['it has more rights than needed', { check: surplus }, ['True', 'SurplusRights'], ['True', 'Answers']],
    ['its Secret went', { registration: refused, check: CHECKED }, ['False', 'KubeconfigMissing'], ['True', 'Answers']],
    ['the settings have its name', { isShadowed: true, check: CHECKED }, ['False', 'NameTaken'], ['True', 'Answers']],
  ])('when %s', (_what, findings, ready, reachable) => {
    const status = clusterStatus(aCluster(), { registration: registered, isShadowed: false, ...findings }, NOW);
    const found = status.conditions.map((one) => [one.type, one.status, one.reason, one.observedGeneration]);
    expect(found).toEqual([
      ['Ready', ...ready, 3],
      ['Reachable', ...reachable, 3],
    ]);
  });

  it('lists rights, and keeps the version of a cluster that is away', () => {
    const findings = { registration: registered, isShadowed: false };
    const before = clusterStatus(
      aCluster(),
      { ...findings, check: { ...missing, surplus: ['namespaces: delete'] } },
      NOW,
    );
    expect(before).toMatchObject({
      version: 'v1.34.1',
      missingRights: ['routes.route.openshift.io: get, list'],
      surplusRights: ['namespaces: delete'],
    });
    expect(clusterStatus(aCluster({}, before), { ...findings, check: AWAY }, LATER).version).toBe('v1.34.1');
  });

  it('changes the time of a condition with its status alone, and is not written twice', () => {
    const findings = { registration: registered, isShadowed: false };
    const object = aCluster({}, clusterStatus(aCluster(), { ...findings, check: CHECKED }, NOW));
    const same = clusterStatus(object, { ...findings, check: CHECKED }, LATER);
    expect(hasStatus(object, same)).toBe(true);
    const other = clusterStatus(object, { ...findings, check: missing }, LATER);
    expect(hasStatus(object, other)).toBe(false);
    expect(conditionTimes(other)).toEqual([LATER.toISOString(), NOW.toISOString()]);
    expect(conditionAt({ status: other }, 'Ready', 'status', 'conditions')?.message).toContain('get, list');
  });
});

function conditionTimes({ conditions }: ReturnType<typeof clusterStatus>): readonly string[] {
  return conditions.map(({ lastTransitionTime }) => lastTransitionTime);
}

describe('rights', () => {
  it('are asked for one by one, with subresources as a review takes them', () => {
    const rules = [{ apiGroups: ['', 'a.b'], resources: ['nodes', 'routes/custom-host'], verbs: ['get', 'list'] }];
    expect(neededRights(rules)).toHaveLength(8);
    expect(neededRights(rules)).toContainEqual({
      verb: 'list',
      group: 'a.b',
      resource: 'routes',
      subresource: 'custom-host',
    });
  });

  it('are told by resource', () => {
    expect(
      describeRights([
        { verb: 'get', group: '', resource: 'nodes' },
        { verb: 'create', group: 'a.b', resource: 'routes', subresource: 'custom-host' },
        { verb: 'list', group: '', resource: 'nodes' },
      ]),
    ).toEqual(['nodes: get, list', 'routes/custom-host.a.b: create']);
  });

  it('that are needed are no surplus', () => {
    const needed = neededRights(memberRole());
    for (const right of DANGEROUS_RIGHTS) expect(needed).not.toContainEqual(right);
  });
});
