import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { parseAddress } from '../../src/lib/address.ts';
import { anApi } from '../unit/api/api.ts';
import { SLUICE } from './compose-file.ts';
import { programMistake } from './program.ts';
import { FILES, MANIFEST, read } from './repository.ts';
import { defaultSettings } from './settings.ts';

/** The Dockerfile without comments, an instruction a line. */
const LINES = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n');

/** What stands behind each instruction of a name. */
function instructions(name: string): readonly string[] {
  return LINES.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
}

/** `["node", "x"]`, the form without a shell. */
function wordsOf(instruction: string | undefined): readonly string[] {
  return z.array(z.string()).parse(JSON.parse(instruction ?? ''));
}

describe('the Dockerfile', () => {
  it('has the Node that the tests run on', () => {
    expect(instructions('FROM')).toEqual([`node:${MANIFEST.devDependencies['node']}-bookworm-slim`]);
  });

  it('copies files that are there and that .dockerignore lets through', () => {
    const sources = instructions('COPY').flatMap((words) => words.split(' ').slice(0, -1));
    const ignored = read('.dockerignore').split('\n');
    expect(ignored).toContain('*');
    expect(ignored.filter((line) => line.startsWith('!'))).toEqual(sources.map((source) => `!${source}`));
    const isThere = (source: string) => FILES.some((path) => path === source || path.startsWith(`${source}/`));
    expect(sources.filter((source) => !isThere(source))).toEqual([]);
  });

  it('starts a program that is copied, with a command that it takes, and not as root', () => {
    const [node, program = ''] = wordsOf(instructions('ENTRYPOINT')[0]);
    expect(node).toBe('node');
    expect(FILES).toContain(program.replace(`${instructions('WORKDIR')[0]}/`, ''));
    expect(programMistake(wordsOf(instructions('CMD')[0]))).toEqual([]);
    expect(instructions('USER')).toEqual(['1000:1000']);
  });

  it('says which ports there are by default', () => {
    const { api, dns } = defaultSettings();
    const [http, names] = [api.listen, dns.listen[0] ?? ''].map((address) => parseAddress(address)?.port);
    expect(instructions('EXPOSE')).toEqual([`${http}/tcp ${names}/udp ${names}/tcp`]);
  });
});

describe.each([
  { of: 'the image', path: '/healthz', words: wordsOf(instructions('HEALTHCHECK')[0]?.split(' CMD ')[1]) },
  { of: 'the service in docker-compose.yml', path: '/readyz', words: SLUICE.healthcheck?.test.slice(1) ?? [] },
])('the health check of $of', ({ path, words }) => {
  const origin = 'http://127.0.0.1:8080';

  it('asks where the API is by default, for a route that needs no token', async () => {
    expect(origin).toBe(`http://${defaultSettings().api.listen}`);
    expect(words.join(' ')).toContain(`'${origin}${path}'`);
    const { app } = anApi({ auth: { kind: 'tokens', tokens: [] } });
    expect((await app.inject({ url: path })).statusCode).toBe(200);
  });

  it.each([
    { status: 200, code: 0 },
    { status: 503, code: 1 },
  ])('ends with $code when the answer is $status', async ({ status, code }) => {
    const url = await aServerThatAnswers(status);
    const [program, ...args] = words.map((word) => word.replace(origin, url));
    expect(program).toBe('node');
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    expect((await once(child, 'exit'))[0]).toBe(code);
  });
});

async function aServerThatAnswers(status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // it listens on an address with a port
  return `http://127.0.0.1:${port}`;
}
