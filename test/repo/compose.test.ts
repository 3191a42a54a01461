import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { identify } from '../../src/api/auth/auth.ts';
import { checkListen, openAuth } from '../../src/api/auth/listen.ts';
import { readTokensFile } from '../../src/api/auth/tokens-file.ts';
import { parseAddress } from '../../src/lib/address.ts';
import { type Config, loadConfig } from '../../src/worker/config.ts';
import { anApi } from '../unit/api/api.ts';
import { programMistake } from './program.ts';
import { FILES, ROOT, read } from './repository.ts';

/** What the tests look at; whether the rest is right, the schema of the Compose Specification says. */
const serviceSchema = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  restart: z.string(),
});
const composeSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
});

const raw: unknown = parseYaml(read('docker-compose.yml'));
const { services, volumes } = composeSchema.parse(raw);
const all = Object.entries(services).map(([name, service]) => ({ name, service }));
const sluice = serviceSchema.parse(services['sluice']);

/** The port of an address as the configuration has it. */
function portOf(address: string | undefined): number | undefined {
  return parseAddress(address ?? '')?.port;
}

function mounts(volume: string): { readonly source: string; readonly target: string; readonly mode: string } {
  const [source = '', target = '', mode = 'rw'] = volume.split(':');
  return { source, target, mode };
}

describe('docker-compose.yml', () => {
  it('keeps to the Compose Specification', () => {
    // compose-spec/compose-spec, schema/compose-spec.json at 170098b, Apache-2.0. Its $schema has https, which no draft has.
    const specification = JSON.parse(read('test/repo/compose-spec.json'));
    const schema = z.fromJSONSchema({ ...specification, $schema: 'http://json-schema.org/draft-07/schema#' });
    expect(schema.safeParse(raw).error?.issues ?? []).toEqual([]);
    const misspelt = { services: { sluice: { image: 'sluice', helthcheck: {} } } };
    expect(schema.safeParse(misspelt).success).toBe(false);
  });

  it.each(all)('pins the image of $name, unless it is built here', ({ service }) => {
    if (service.build !== undefined) expect(existsSync(join(ROOT, service.build, 'Dockerfile'))).toBe(true);
    else expect(service.image).toMatch(/:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
  });

  it.each(all)('lets $name wait for what there is to wait for', ({ service }) => {
    for (const [name, { condition }] of Object.entries(service.depends_on)) {
      const other = services[name];
      if (condition === 'service_healthy') expect(other?.healthcheck, name).toBeDefined();
      // A service that ends is not to be started again.
      else expect([condition, other?.restart], name).toEqual(['service_completed_successfully', 'no']);
    }
  });

  it.each(all)('mounts into $name what is there: files read-only, volumes that it declares', ({ service }) => {
    for (const { source, target, mode } of service.volumes.map(mounts)) {
      expect(target).toMatch(/^\//);
      if (!source.startsWith('.')) expect(volumes).toHaveProperty(source);
      else expect([existsSync(join(ROOT, source)), mode]).toEqual([true, 'ro']);
    }
  });

  it.each(all)('publishes ports of $name on loopback only', ({ service }) => {
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+(\/(udp|tcp))?$/);
  });

  it('runs scripts that are there and that a shell can read', () => {
    const scripts = all.flatMap(({ service }) => {
      const [shell, script = ''] = service.entrypoint ?? [];
      const mount = service.volumes.map(mounts).find(({ target }) => script.startsWith(`${target}/`));
      return shell === '/bin/sh' ? [script.replace(mount?.target ?? '', mount?.source ?? '')] : [];
    });
    expect(scripts).toHaveLength(2);
    for (const script of scripts) execFileSync('sh', ['-n', join(ROOT, script)]);
  });
});

describe('the service sluice', () => {
  const config = withoutFolder(loadConfig(join(ROOT, 'deploy/compose/config/sluice.yaml')));

  it('runs a command that the program takes, with a settings file that is mounted and valid', () => {
    expect(programMistake(sluice.command ?? [])).toEqual([]);
    const { source, target } = mounts(sluice.volumes[0] ?? '');
    const file = sluice.command?.at(-1)?.replace(target, source) ?? '';
    expect(existsSync(join(ROOT, file))).toBe(true);
    expect(config.zones).toEqual(['example.test']);
  });

  it('keeps its state in a volume and finds its other files in the mounted folder', () => {
    const state = sluice.volumes.map(mounts).find(({ source }) => source === 'state');
    expect(config.stateDirectory).toBe(state?.target);
    expect(config.api.tokensFile).toBe('tokens.yaml');
    expect(config.clusters.map(({ kubeconfig }) => kubeconfig)).toEqual(['east.kubeconfig', 'west.kubeconfig']);
  });

  it('publishes the ports that it listens on, as those that it has by default', () => {
    const preset = loadDefaults();
    const [api, dns] = [portOf(config.api.listen), portOf(config.dns.listen[0])];
    expect(sluice.ports).toEqual([
      `127.0.0.1:${portOf(preset.api.listen)}:${api}`,
      `127.0.0.1:${portOf(preset.dns.listen[0])}:${dns}/udp`,
      `127.0.0.1:${portOf(preset.dns.listen[0])}:${dns}/tcp`,
    ]);
  });

  it('is not let listen where it does without tokens, and is with a token that make-token.sh makes', async () => {
    const listen = parseAddress(config.api.listen) ?? { host: '', port: 0 };
    expect(checkListen(listen, openAuth(listen))).toContain('will not listen on 0.0.0.0:8080 without tokens');
    const folder = temporaryFolder();
    const file = join(folder, 'tokens.yaml');
    const make = (...args: string[]) =>
      execFileSync('sh', [join(ROOT, 'deploy/compose/make-token.sh'), ...args, file], { encoding: 'utf8' }).trim();
    const [alice, ci] = [make('alice', 'admin'), make('ci', 'operator')];
    const { auth, warnings } = await readTokensFile(file);
    expect([warnings, checkListen(listen, auth)]).toEqual([[], undefined]);
    expect(identify(auth, `Bearer ${alice}`)).toEqual({ kind: 'known', identity: { name: 'alice', role: 'admin' } });
    expect(identify(auth, `Bearer ${ci}`)).toEqual({ kind: 'known', identity: { name: 'ci', role: 'operator' } });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('gets only variables that change what it does', () => {
    const load = (environment: Record<string, string>) =>
      loadClientConnectConfig({ overrideEnvVars: environment, disableFile: true });
    expect(load(sluice.environment)).toMatchObject({
      namespace: 'default',
      connectionOptions: { address: 'temporal:7233' },
    });
    for (const name of Object.keys(sluice.environment)) {
      const { [name]: _left, ...rest } = sluice.environment;
      expect(load(rest), name).not.toEqual(load(sluice.environment));
    }
  });

  it('looks for Temporal where the services are, in the namespace that is made', () => {
    const { TEMPORAL_ADDRESS: address = '', TEMPORAL_NAMESPACE: namespace } = sluice.environment;
    const [host = '', port] = address.split(':');
    expect(services[host]?.healthcheck?.test.at(-1)).toBe(port);
    expect(services['temporal-namespace']?.environment).toEqual(sluice.environment);
    expect(namespace).toBe('default');
    expect(services['temporal-ui']?.environment['TEMPORAL_ADDRESS']).toBe(address);
  });
});

describe('the health checks', () => {
  const ofImage = JSON.parse(/HEALTHCHECK[^[]*CMD (\[.*\])/s.exec(read('Dockerfile'))?.[1]?.split('\n')[0] ?? '[]');
  const checks = [
    { of: 'the service', test: sluice.healthcheck?.test.slice(1) ?? [], path: '/readyz' },
    { of: 'the image', test: z.array(z.string()).parse(ofImage), path: '/healthz' },
  ];

  it.each(checks)('of $of asks for a route without a token', async ({ test, path }) => {
    expect(test.join(' ')).toContain(`'http://127.0.0.1:8080${path}'`);
    const { app } = anApi({ auth: { kind: 'tokens', tokens: [] } });
    expect((await app.inject({ url: path })).statusCode).toBe(200);
  });

  it.each(
    checks.flatMap((check) => [
      { ...check, status: 200, code: 0 },
      { ...check, status: 503, code: 1 },
    ]),
  )('of $of ends with $code when the answer is $status', async ({ test, status, code }) => {
    const [program, ...args] = test.map((word) => word.replace('127.0.0.1:8080', `127.0.0.1:${port}`));
    expect(program).toBe('node');
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    answer = status;
    expect((await once(child, 'exit'))[0]).toBe(code);
  });

  let answer = 200;
  const server = createServer((_request, response) => response.writeHead(answer).end());
  server.listen(0, '127.0.0.1').unref();
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
});

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');
  const instructions = (name: string) =>
    lines.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1).trim()] : []));

  it('has the Node that the tests run on', () => {
    const manifest = z.object({ devDependencies: z.object({ node: z.string() }) }).parse(JSON.parse(read('package.json')));
    expect(instructions('FROM')).toEqual([`node:${manifest.devDependencies.node}-bookworm-slim`]);
  });

  it('copies files that are there and that .dockerignore lets through', () => {
    const sources = instructions('COPY').flatMap((words) => words.split(' ').slice(0, -1));
    const let_through = read('.dockerignore').split('\n');
    expect(let_through).toContain('*');
    for (const source of sources) {
      expect(FILES.some((path) => path === source || path.startsWith(`${source}/`)), source).toBe(true);
      expect(let_through).toContain(`!${source}`);
    }
  });

  it('starts a program that is copied, with a command that it takes, and not as root', () => {
    const [folder = ''] = instructions('WORKDIR');
    const [entry = '[]'] = instructions('ENTRYPOINT');
    const [command = '[]'] = instructions('CMD');
    const program = z.tuple([z.literal('node'), z.string()]).parse(JSON.parse(entry))[1];
    expect(FILES).toContain(program.replace(`${folder}/`, ''));
    expect(programMistake(z.array(z.string()).parse(JSON.parse(command)))).toEqual([]);
    expect(instructions('USER')).toEqual(['1000:1000']);
  });

  it('says which ports the defaults are', () => {
    const { api, dns } = loadDefaults();
    const ports = [`${portOf(api.listen)}/tcp`, `${portOf(dns.listen[0])}/udp`, `${portOf(dns.listen[0])}/tcp`];
    expect(instructions('EXPOSE')).toEqual([ports.join(' ')]);
  });
});
