import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { identify } from '../../src/api/auth/auth.ts';
import { checkListen, openAuth } from '../../src/api/auth/listen.ts';
import { readTokensFile } from '../../src/api/auth/tokens-file.ts';
import { parseAddress } from '../../src/lib/address.ts';
import { COMPOSE, COMPOSE_DOCUMENT, mountOf, SLUICE } from './compose-file.ts';
import { programMistake } from './program.ts';
import { ROOT, read } from './repository.ts';
import { defaultSettings, settingsOf, temporaryFolder } from './settings.ts';

const { services, volumes } = COMPOSE;
const all = Object.entries(services).map(([name, service]) => ({ name, service }));

describe('docker-compose.yml', () => {
  it('keeps to the Compose Specification', () => {
    // github.com/compose-spec/compose-spec, schema/compose-spec.json at 170098b, Apache-2.0. It means draft-07 and writes
    // an address that no draft has.
    const specification = JSON.parse(read('test/repo/compose-spec.json'));
    const schema = z.fromJSONSchema({ ...specification, $schema: 'http://json-schema.org/draft-07/schema#' });
    expect(schema.safeParse(COMPOSE_DOCUMENT).error?.issues ?? []).toEqual([]);
    const misspelt = { services: { sluice: { image: 'sluice', helthcheck: {} } } };
    expect(schema.safeParse(misspelt).success).toBe(false);
  });

  it.each(all)('pins the image of $name, unless it is built here', ({ service }) => {
    if (service.build !== undefined) expect(existsSync(join(ROOT, service.build, 'Dockerfile'))).toBe(true);
    else expect(service.image).toMatch(/:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
  });

  it.each(all)('lets $name wait only for what gets there', ({ service }) => {
    for (const [name, { condition }] of Object.entries(service.depends_on)) {
      const other = services[name];
      if (condition === 'service_healthy') expect(other?.healthcheck, name).toBeDefined();
      // A service that ends is not to be started again.
      else expect([condition, other?.restart], name).toEqual(['service_completed_successfully', 'no']);
    }
  });

  it('has somebody wait for each service that ends: `up --wait` takes its end for a failure otherwise', () => {
    const ends = all.filter(({ service }) => service.restart === 'no').map(({ name }) => name);
    expect(ends).toEqual(['temporal-schema', 'temporal-namespace']);
    const waitedFor = all.flatMap(({ service }) => Object.keys(service.depends_on));
    expect(waitedFor).toEqual(expect.arrayContaining(ends));
  });

  it.each(all)('mounts into $name what is there: files read-only, volumes that it declares', ({ service }) => {
    for (const { source, target, mode } of service.volumes.map(mountOf)) {
      expect(target).toMatch(/^\//);
      if (!source.startsWith('.')) expect(volumes).toHaveProperty(source);
      else expect([existsSync(join(ROOT, source)), mode], source).toEqual([true, 'ro']);
    }
  });

  it.each(all)('publishes the ports of $name on loopback only', ({ service }) => {
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+(\/(udp|tcp))?$/);
  });

  it('runs scripts that are there and that a shell can read', () => {
    const scripts = all.flatMap(({ service }) => {
      const [shell, script = ''] = service.entrypoint;
      const mount = service.volumes.map(mountOf).find(({ target }) => script.startsWith(`${target}/`));
      return shell === '/bin/sh' ? [script.replace(mount?.target ?? '', mount?.source ?? '')] : [];
    });
    expect(scripts).toHaveLength(2);
    for (const script of scripts) execFileSync('sh', ['-n', join(ROOT, script)]);
  });
});

describe('the service sluice', () => {
  const text = read('deploy/compose/config/sluice.yaml');

  it('runs a command that the program takes, with a settings file that is mounted', () => {
    expect(programMistake(SLUICE.command)).toEqual([]);
    const { source, target } = mountOf(SLUICE.volumes[0] ?? '');
    expect(SLUICE.command.at(-1)?.replace(target, source)).toBe('./deploy/compose/config/sluice.yaml');
  });

  it('keeps its state in a volume and has its other files in the mounted folder', () => {
    const { stateDirectory, api, clusters } = settingsOf(text);
    const state = SLUICE.volumes.map(mountOf).find(({ source }) => source === 'state');
    expect(stateDirectory).toBe(state?.target);
    expect(api.tokensFile).toBe('tokens.yaml');
    expect(clusters.map(({ kubeconfig }) => kubeconfig)).toEqual([
      { kind: 'file', path: 'east.kubeconfig' },
      { kind: 'file', path: 'west.kubeconfig' },
    ]);
  });

  it('publishes the ports that it listens on, under the numbers that they have by default', () => {
    const [config, preset] = [settingsOf(text), defaultSettings()];
    const [api, dns] = [portOf(config.api.listen), portOf(config.dns.listen[0])];
    expect(SLUICE.ports).toEqual([
      `127.0.0.1:${portOf(preset.api.listen)}:${api}`,
      `127.0.0.1:${portOf(preset.dns.listen[0])}:${dns}/udp`,
      `127.0.0.1:${portOf(preset.dns.listen[0])}:${dns}/tcp`,
    ]);
  });

  it('may listen where it does only with tokens, such as make-token.sh makes', async () => {
    const listen = parseAddress(settingsOf(text).api.listen) ?? { host: '', port: 0 };
    expect(checkListen(listen, openAuth(listen))).toContain('will not listen on 0.0.0.0:8080 without tokens');
    const file = join(temporaryFolder(), 'tokens.yaml');
    const alice = makeToken('alice', 'admin', file);
    const robot = makeToken('ci', 'operator', file);
    const { auth, warnings } = await readTokensFile(file);
    expect([warnings, checkListen(listen, auth)]).toEqual([[], undefined]);
    expect(identify(auth, `Bearer ${alice}`)).toEqual({ kind: 'known', identity: { name: 'alice', role: 'admin' } });
    expect(identify(auth, `Bearer ${robot}`)).toEqual({ kind: 'known', identity: { name: 'ci', role: 'operator' } });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('gets only variables that change what it does', () => {
    const load = (overrideEnvVars: Record<string, string>) =>
      loadClientConnectConfig({ overrideEnvVars, disableFile: true });
    const { environment } = SLUICE;
    for (const name of Object.keys(environment)) {
      const { [name]: _left, ...rest } = environment;
      expect(load(rest), name).not.toEqual(load(environment));
    }
  });

  it('looks for Temporal where it is, in the namespace that is made', () => {
    const { TEMPORAL_ADDRESS: address = '' } = SLUICE.environment;
    const [host = '', port] = address.split(':');
    expect(services[host]?.healthcheck?.test.at(-1)).toBe(port);
    expect(services['temporal-namespace']?.environment).toEqual(SLUICE.environment);
    expect(services['temporal-ui']?.environment['TEMPORAL_ADDRESS']).toBe(address);
  });
});

function portOf(address: string | undefined): number | undefined {
  return parseAddress(address ?? '')?.port;
}

function makeToken(name: string, role: string, file: string): string {
  const script = join(ROOT, 'deploy/compose/make-token.sh');
  return execFileSync('sh', [script, name, role, file], { encoding: 'utf8' }).trim();
}
