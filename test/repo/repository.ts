import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The checkout, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Every file that is or would be committed, by its path in the repository. */
export const FILES: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => path !== '');

export function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8');
}

/** The pages for people. */
export const PAGES = FILES.filter((path) => path.endsWith('.md'));

export interface CodeBlock {
  readonly page: string;
  /** Of the line with the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** The fenced code blocks of a page. */
export function codeBlocks(page: string): readonly CodeBlock[] {
  const text = read(page);
  return [...text.matchAll(/^( *)```(\w*)\n(.*?)^ *```$/gms)].map((match) => {
    const [, indent = '', language = '', body = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    return { page, line, language, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  });
}

/** What package.json says, as far as the rules speak of it. */
export interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export const MANIFEST: Manifest = JSON.parse(read('package.json'));
