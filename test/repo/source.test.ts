import { isBuiltin } from 'node:module';
import { describe, expect, it } from 'vitest';
import { FILES, MANIFEST, read } from './repository.ts';

const SOURCES = FILES.filter((path) => /^src\/.*\.(ts|mjs)$/.test(path));
const TESTS = FILES.filter((path) => /^test\/.*\.test\.ts$/.test(path));
/** Above that it is two ideas. */
const LONGEST_FILE = 250;

/** `import x from 'a'`, `export * from 'a'`, `import 'a'`, `import('a')`, but for types, which are gone when it runs. */
const IMPORT = /^(?!import type|export type).*?(?:\bfrom |\bimport |\bimport\()'([^']+)'/gm;

describe('the source', () => {
  it('has no file that is too long to read', () => {
    const tooLong = SOURCES.filter((path) => read(path).trimEnd().split('\n').length > LONGEST_FILE);
    expect(tooLong).toEqual([]);
  });

  it('imports only packages that are there when it runs, so no devDependencies', () => {
    const imports = SOURCES.flatMap((path) =>
      [...read(path).matchAll(IMPORT)].map(([, name = '']) => ({ path, name: packageOf(name) })),
    );
    const packages = imports.filter(({ name }) => !name.startsWith('.') && !isBuiltin(name));
    expect(packages.length).toBeGreaterThan(20);
    expect(packages.filter(({ name }) => !(name in MANIFEST.dependencies))).toEqual([]);
  });
});

describe('the tests', () => {
  it('leave nothing out: none is marked as the only one, and one that is skipped says why when it runs', () => {
    const marks = TESTS.flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, index) => (isLeftOut(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
    expect(marks).toEqual([]);
  });

  it('are where a project of vitest.config.ts finds them', () => {
    expect(
      TESTS.filter((path) => !/^test\/(unit|golden|repo|replay|conformance|load|feature|e2e)\//.test(path)),
    ).toEqual([]);
  });
});

describe('package.json', () => {
  it('names exact versions', () => {
    const { dependencies, devDependencies } = MANIFEST;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it('has a lock file that names the optional packages of all platforms, as npm ci wants', () => {
    const lock: { packages: Record<string, { optionalDependencies?: Record<string, string> }> } = JSON.parse(
      read('package-lock.json'),
    );
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages),
      ),
    );
    // npm leaves out what its registry does not have; CONTRIBUTING.md says how to put it back.
    expect(missing).toEqual([]);
  });

  it('has a lock file of the same versions', () => {
    const lock: { packages: Record<string, { dependencies?: object; devDependencies?: object }> } = JSON.parse(
      read('package-lock.json'),
    );
    const { dependencies, devDependencies } = MANIFEST;
    expect(lock.packages['']).toMatchObject({ dependencies, devDependencies });
  });
});

describe('committed files', () => {
  // Put together here, so that this file does not hold what it looks for.
  const hosts = [
    ['registry', 'npmjs', 'org'],
    ['registry', 'yarnpkg', 'com'],
    ['pypi', 'org'],
    ['files', 'pythonhosted', 'org'],
    ['proxy', 'golang', 'org'],
    ['sum', 'golang', 'org'],
  ];
  const folders = ['work/', 'root/', 'home/[a-z]', 'Users/', 'tmp/bash'];
  const registries = new RegExp(hosts.map((parts) => parts.join('\\.')).join('|'));
  const machinePaths = new RegExp(`(?<![\\w.~}*-])/(${folders.join('|')})`);

  it.each([
    ['hosts of package registries', registries],
    ['paths of a developer machine', machinePaths],
  ])('hold no %s', (_what, pattern) => {
    const found = FILES.filter((path) => path !== 'LICENSE').flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.slice(0, 120)}`] : [])),
    );
    expect(found).toEqual([]);
  });
});

function packageOf(name: string): string {
  if (name.startsWith('.') || name.startsWith('node:')) return name;
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

/** `context.skip('reason')` and `needs` (test/support/needs.ts) print why; every other way is silent. */
function isLeftOut(line: string): boolean {
  if (/\b(it|test|describe)\.(only|todo|fails)\b/.test(line)) return true;
  return /\b(it|test|describe)\.(skip|skipIf|runIf)\b(?!\(!needs\()/.test(line);
}
