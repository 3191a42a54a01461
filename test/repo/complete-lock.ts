import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * `npm run lock`, after each `npm install`: puts the optional packages of other platforms back into the lock file. npm leaves
 * out those that its registry does not have, and then `npm ci` refuses the file as out of date, everywhere.
 */
const PATH = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'aix', 'sunos', 'netbsd', 'openbsd'];
const PROCESSORS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];

interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock: { packages: Record<string, LockEntry> } = JSON.parse(readFileSync(PATH, 'utf8'));
const added = Object.entries(lock.packages).flatMap(([path, parent]) =>
  Object.entries(parent.optionalDependencies ?? {})
    .filter(
      ([name]) => !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages),
    )
    .map(([name, version]) => [`node_modules/${name}`, entryOf(name, version, parent)] as const),
);
const { '': root, ...packages } = lock.packages;
const sorted = Object.entries({ ...packages, ...Object.fromEntries(added) }).toSorted(([a], [b]) => (a < b ? -1 : 1));
lock.packages = { ...(root ? { '': root } : {}), ...Object.fromEntries(sorted) };
writeFileSync(PATH, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(`${added.length} optional packages of other platforms added to package-lock.json`);

/** What npm would write of it, as far as its name tells. */
function entryOf(name: string, version: string, parent: LockEntry): object {
  if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${name}: found "${version}", which is no exact version`);
  const words = name.split(/[-/@]/);
  const cpu = PROCESSORS.find((one) => words.includes(one));
  const os = SYSTEMS.find((one) => words.includes(one));
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined;
  return {
    version,
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(parent.dev === true ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    ...(os === undefined ? {} : { os: [os] }),
  };
}
