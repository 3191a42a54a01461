import { describe, expect, it } from 'vitest';
import { deploymentOf, versioned } from '../../../src/worker/deployment.ts';
import { VERSION } from '../../../src/worker/version.ts';
import { settingsOf } from '../../repo/settings.ts';

function settings(temporal: string) {
  return settingsOf(`{ zones: [example.test], temporal: ${temporal} }`);
}

describe('the worker deployment', () => {
  const inSettings = '{ deployment: { name: edge, buildId: one } }';
  it.each([
    ['is none by default', '{}', {}, undefined],
    ['is what the settings say', inSettings, {}, { name: 'edge', buildId: 'one' }],
    [
      'has the version as its build when none is named',
      '{ deployment: { name: edge } }',
      {},
      { name: 'edge', buildId: VERSION },
    ],
    [
      'is what variables say before settings',
      inSettings,
      { TEMPORAL_DEPLOYMENT_NAME: 'sluice', TEMPORAL_WORKER_BUILD_ID: 'two' },
      { name: 'sluice', buildId: 'two' },
    ],
    [
      'may get its build alone from a variable',
      inSettings,
      { TEMPORAL_WORKER_BUILD_ID: 'two' },
      { name: 'edge', buildId: 'two' },
    ],
    [
      'has the build of the settings when the variable for it is empty',
      inSettings,
      { TEMPORAL_WORKER_BUILD_ID: '' },
      { name: 'edge', buildId: 'one' },
    ],
    ['is none when only a build is named', '{}', { TEMPORAL_WORKER_BUILD_ID: 'two' }, undefined],
    ['is none when the variable is empty', '{}', { TEMPORAL_DEPLOYMENT_NAME: '' }, undefined],
  ])('%s', (_what, temporal, environment, expected) => {
    expect(deploymentOf(settings(temporal), environment)).toEqual(expected);
  });

  it('has its name and its build checked', () => {
    expect(() => settings('{ deployment: { name: a.b } }')).toThrow('allowed: lower-case letters');
    expect(() => settings('{ deployment: { name: edge, buildId: "a b" } }')).toThrow('allowed: at most 200 letters');
    const build = (length: number) => settings(`{ deployment: { name: edge, buildId: ${'a'.repeat(length)} } }`);
    expect(build(200).temporal.deployment?.buildId).toHaveLength(200);
    expect(() => build(201)).toThrow('allowed: at most 200 letters');
  });

  it('lets workflows go on in the build that is current', () => {
    expect(versioned({ name: 'edge', buildId: 'one' })).toEqual({
      version: { deploymentName: 'edge', buildId: 'one' },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    });
  });
});
